//! Lists that come in pages. GitHub's links to the other pages are not followed: a page is requested by its number, or by the
//! cursor of the link.

use http::{HeaderMap, Method, header};
use serde::de::DeserializeOwned;

use super::client::{GitHub, JSON, parse};
use crate::forge::ForgeError;

/// GitHub's maximum page size.
pub const PAGE: usize = 100;

impl GitHub {
    /// All pages of a list, at most `most_pages`.
    pub(super) async fn get_all<T: DeserializeOwned>(
        &self,
        what: &str,
        route: &str,
        most_pages: usize,
    ) -> Result<Vec<T>, ForgeError> {
        let mut items = Vec::new();
        for page in 1..=most_pages {
            let (found, has_more) = self.get_page(what, route, page).await?;
            items.extend(found);
            if !has_more {
                return Ok(items);
            }
        }
        Err(too_many_pages(what, most_pages))
    }

    /// The first item that matches. Later pages are not requested.
    pub(super) async fn get_first<T: DeserializeOwned>(
        &self,
        what: &str,
        route: &str,
        most_pages: usize,
        fits: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, ForgeError> {
        for page in 1..=most_pages {
            let (found, has_more) = self.get_page::<T>(what, route, page).await?;
            let first = found.into_iter().find(&fits);
            if first.is_some() || !has_more {
                return Ok(first);
            }
        }
        Err(too_many_pages(what, most_pages))
    }

    /// One page of a list, and whether another follows.
    async fn get_page<T: DeserializeOwned>(
        &self,
        what: &str,
        route: &str,
        page: usize,
    ) -> Result<(Vec<T>, bool), ForgeError> {
        let separator = if route.contains('?') { '&' } else { '?' };
        let route = format!("{route}{separator}per_page={PAGE}&page={page}");
        let response = self
            .send(what, Method::GET, &route, None, JSON, true)
            .await?;
        let has_more = next_page(&response.headers).is_some();
        Ok((parse(what, &response.body)?, has_more))
    }

    /// One page of a list with cursors, and the cursor of the next page.
    pub(super) async fn get_after<T: DeserializeOwned>(
        &self,
        what: &str,
        route: &str,
    ) -> Result<(Vec<T>, Option<String>), ForgeError> {
        let response = self
            .send(what, Method::GET, route, None, JSON, true)
            .await?;
        let next = match next_page(&response.headers) {
            Some(address) => Some(cursor(address).ok_or_else(|| {
                ForgeError::invalid(what, "there is a next page, and no cursor for it")
            })?),
            None => None,
        };
        Ok((parse(what, &response.body)?, next))
    }
}

fn too_many_pages(what: &str, most_pages: usize) -> ForgeError {
    ForgeError::invalid(what, format!("more than {most_pages} pages"))
}

/// The address of the next page.
fn next_page(headers: &HeaderMap) -> Option<&str> {
    let links = headers.get(header::LINK)?.to_str().ok()?;
    links.split(',').find(|link| link.contains("rel=\"next\""))
}

/// The cursor in a next page's address. The rest of the address is ignored.
fn cursor(address: &str) -> Option<String> {
    let (_, query) = address
        .split_once('<')?
        .1
        .split_once('>')?
        .0
        .split_once('?')?;
    let after = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("after="))?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%=".contains(&byte);
    (!after.is_empty() && after.bytes().all(allowed)).then(|| after.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(link: &'static str) -> Option<Option<String>> {
        let mut headers = HeaderMap::new();
        headers.insert(header::LINK, http::HeaderValue::from_static(link));
        next_page(&headers).map(cursor)
    }

    #[test]
    fn attack_only_the_cursor_of_a_next_page_is_used() {
        let taken = |text: &str| Some(Some(text.to_owned()));
        assert_eq!(
            next(r#"<https://x/y?after=Y3Vy%3D%3D&ref=z>; rel="next""#),
            taken("Y3Vy%3D%3D")
        );
        let before =
            r#"<https://x/y?before=a>; rel="prev", <https://evil/?per_page=1&after=b>; rel="next""#;
        assert_eq!(next(before), taken("b"));
        assert_eq!(next(r#"<https://x/y?after=a>; rel="prev""#), None);
        // There is a next page, but no cursor for it.
        for link in [
            r#"<https://x/y?page=2>; rel="next""#,
            r#"<https://x/y?after=>; rel="next""#,
            r#"<https://x/y?after=a/../b>; rel="next""#,
            r#"<https://x/y?after=a#b>; rel="next""#,
            r#"rel="next""#,
        ] {
            assert_eq!(next(link), Some(None), "{link}");
        }
    }
}
