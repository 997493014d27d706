//! Long lists, whose objects are built only if the format or the query needs that.

use super::{OwnedRendering, Receive, SHORT, Stdout};
use super::{listed, render_here, render_selected, whole};
use crate::service::DaemonState;
use crate::service::response_cache::CacheFill;
use crate::sizes::Rows;
use azq_command::CommandError;
use azq_document::Value;
use azq_output::{OutputError, Rendering};
use azq_skus::Found;
use std::sync::Arc;

/// The longest table of sizes that is laid out in place: a region's, about a millisecond.
const IN_PLACE: usize = 2048;

/// A long list, which is rendered later.
pub(super) trait List: Send + Sync + 'static {
    /// Renders the list from the beginning.
    fn render_into(
        &self,
        rendering: &Rendering<'_>,
        receive: &mut Receive<'_>,
    ) -> Result<(), OutputError>;
}

/// Implements [`List`]: `Type, |list, rendering, receive| the rendering;` for each.
macro_rules! lists {
    ($($type:ty, |$list:ident, $rendering:ident, $receive:ident| $rendered:expr;)*) => {$(
        impl List for $type {
            fn render_into(
                &self,
                $rendering: &Rendering<'_>,
                $receive: &mut Receive<'_>,
            ) -> Result<(), OutputError> {
                let $list = self;
                $rendered
            }
        }
    )*};
}

lists! {
    Found, |list, rendering, receive|
        azq_output::render_list_into(&list.filter.apply(&list.catalogue), rendering, receive);
    Rows, |list, rendering, receive| list.render_into(rendering, receive);
    Value, |list, rendering, receive| azq_output::render_into(list, rendering, receive);
}

/// Renders the sizes that fit.
pub(in super::super) async fn render_sizes(
    daemon: &DaemonState,
    rows: Rows,
    look: OwnedRendering,
    gathering: CacheFill,
) -> Result<Stdout, CommandError> {
    if rows.len() <= IN_PLACE
        && let Some(table) = rows.plain_table(&look.rendering())
    {
        match whole(daemon, table.bytes(), gathering) {
            Ok(whole) => return Ok(whole),
            Err(kept) => return Ok(listed(daemon, Arc::new(rows), look, kept)),
        }
    }
    if rows.len() <= SHORT {
        let document = rows.document(&look.rendering());
        let document = document.map_err(OutputError::from)?;
        return render_here(daemon, document, look, gathering).await;
    }
    let rows = Arc::new(rows);
    if look.query.is_some() {
        return render_selected(daemon, rows, look, gathering).await;
    }
    Ok(listed(daemon, rows, look, gathering))
}
