//! Names of the permissions of a job's token.
//! <https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps>

use http::Method;

/// The permission that a request needs. `None` for routes that no permission of a job's token opens.
pub fn permission_for(method: &Method, route: &str) -> Option<&'static str> {
    let path = route.split('?').next().unwrap_or_default();
    let mut parts = path.split('/').skip_while(|part| *part != "repos");
    let below: Vec<&str> = parts.by_ref().skip(3).collect();
    let reads = method == Method::GET;
    let permission = match below.as_slice() {
        ["issues", _, "comments", ..] | ["issues", "comments", ..] => {
            ("pull-requests: read", "pull-requests: write")
        }
        ["issues", ..] => ("issues: read", "issues: write"),
        ["pulls", ..] | ["commits", _, "pulls"] => ("pull-requests: read", "pull-requests: write"),
        ["statuses", ..] | ["commits", _, "statuses"] => ("statuses: read", "statuses: write"),
        ["deployments", ..] => ("deployments: read", "deployments: write"),
        // provisioner writes neither.
        ["environments" | "actions", ..] if reads => ("actions: read", "actions: read"),
        ["contents" | "git" | "compare" | "branches" | "activity", ..] => {
            ("contents: read", "contents: write")
        }
        _ => return None,
    };
    Some(if reads { permission.0 } else { permission.1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_need_one_permission() {
        for (method, route, expected) in [
            (
                Method::POST,
                "/repos/a/b/issues/7/comments",
                Some("pull-requests: write"),
            ),
            (
                Method::PATCH,
                "/api/v3/repos/a/b/issues/comments/9",
                Some("pull-requests: write"),
            ),
            (Method::POST, "/repos/a/b/issues", Some("issues: write")),
            (
                Method::GET,
                "/repos/a/b/issues?state=open&per_page=100",
                Some("issues: read"),
            ),
            (
                Method::POST,
                "/repos/a/b/statuses/abc",
                Some("statuses: write"),
            ),
            (
                Method::GET,
                "/repos/a/b/commits/abc/statuses",
                Some("statuses: read"),
            ),
            (
                Method::POST,
                "/repos/a/b/deployments/1/statuses",
                Some("deployments: write"),
            ),
            (
                Method::GET,
                "/repos/repos/repos/contents/x",
                Some("contents: read"),
            ),
            (
                Method::GET,
                "/repos/a/b/pulls/7",
                Some("pull-requests: read"),
            ),
            (
                Method::GET,
                "/repos/a/b/environments/prod/deployment-branch-policies?per_page=100",
                Some("actions: read"),
            ),
            (Method::PUT, "/repos/a/b/environments/prod", None),
            (Method::GET, "/repos/a/b/collaborators/x/permission", None),
            (Method::GET, "/orgs/a/teams/b/memberships/x", None),
        ] {
            assert_eq!(permission_for(&method, route), expected, "{method} {route}");
        }
    }
}
