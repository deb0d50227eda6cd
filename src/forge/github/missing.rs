//! Whether an answer says that an object does not exist, which an event can name before every server knows it.

use http::{Method, StatusCode};

/// Whether a response says that a commit, a git object or a pull request does not exist. `route` is below the repository.
pub fn lacks_object(method: &Method, route: &str, status: StatusCode) -> bool {
    let path = route.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let is_not_found = status == StatusCode::NOT_FOUND;
    method == Method::GET
        && match parts.as_slice() {
            ["git" | "compare", ..] | ["pulls", _] => is_not_found,
            ["commits", ..] => is_not_found || status == StatusCode::UNPROCESSABLE_ENTITY,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_that_an_event_can_name_are_waited_for() {
        for (route, status, expected) in [
            ("/git/trees/abc", 404, true),
            ("/compare/a...b?per_page=1", 404, true),
            ("/commits/abc/pulls?per_page=100&page=1", 422, true),
            ("/commits/abc/statuses", 404, true),
            ("/pulls/7", 404, true),
            ("/pulls/7/files", 404, false),
            ("/collaborators/bob/permission", 404, false),
            ("/git/trees/abc", 500, false),
            ("", 404, false),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let found = lacks_object(&Method::GET, route, status);
            assert_eq!(found, expected, "{route} {status}");
            assert!(!lacks_object(&Method::POST, route, status), "{route}");
        }
    }
}
