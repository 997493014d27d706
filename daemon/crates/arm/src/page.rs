//! Collections, which Azure returns in pages.

use std::collections::HashSet;

use serde_json::Value;

use super::{Arm, ArmError, Request};
use crate::Report;

/// The maximum number of pages, which is more than any collection has.
pub const PAGE_LIMIT: usize = 2_000;

impl Arm {
    /// Returns the elements of all pages of a collection.
    pub async fn list(
        &self,
        path: &str,
        api_version: &str,
        query: &[(String, String)],
        report: &dyn Report,
    ) -> Result<Vec<Value>, ArmError> {
        let mut request = Request::get(path, api_version);
        request.query.extend_from_slice(query);
        let mut elements = Vec::new();
        self.pages(request, report, |page| elements.extend(page))
            .await?;
        Ok(elements)
    }

    /// Passes a collection to `take` page by page, so that it need not be in memory as a whole.
    pub async fn pages(
        &self,
        mut request: Request,
        report: &dyn Report,
        mut take: impl FnMut(Vec<Value>),
    ) -> Result<(), ArmError> {
        let path = request.url.clone();
        let mut followed = HashSet::new();
        loop {
            let response = self.send(&request, report).await?;
            let mut page = response.required(&format!("GET {path}"))?;
            match page.get_mut("value").map(Value::take) {
                Some(Value::Array(page)) => take(page),
                Some(Value::Null) | None => {}
                Some(_) => return Err(malformed(&path, "its 'value' is no list")),
            }
            let Some(next) = next_link(&page) else {
                return Ok(());
            };
            if followed.len() >= PAGE_LIMIT || !followed.insert(next.clone()) {
                return Err(malformed(&path, "its pages do not end"));
            }
            request = Request::follow(next);
        }
    }
}

/// Returns the URL of the next page.
fn next_link(page: &Value) -> Option<String> {
    page.get("nextLink")?
        .as_str()
        .filter(|link| !link.is_empty())
        .map(str::to_owned)
}

fn malformed(path: &str, reason: &str) -> ArmError {
    ArmError::Malformed(format!("Azure's list {path} cannot be read: {reason}."))
}
