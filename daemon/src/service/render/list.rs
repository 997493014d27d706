//! Long lists, whose objects are built only if the format or the query needs that.

use super::{OwnedRendering, Receive, SHORT, Stdout, listed, render_here, render_selected};
use crate::service::DaemonState;
use crate::service::response_cache::CacheFill;
use crate::sizes::Rows;
use azq_command::CommandError;
use azq_output::{OutputError, Rendering};
use azq_skus::Found;
use std::sync::Arc;

/// A long list, which is rendered later.
pub(super) trait List: Send + Sync + 'static {
    /// Renders the list from the beginning.
    fn render_into(
        &self,
        rendering: &Rendering<'_>,
        receive: &mut Receive<'_>,
    ) -> Result<(), OutputError>;
}

impl List for Found {
    fn render_into(
        &self,
        rendering: &Rendering<'_>,
        receive: &mut Receive<'_>,
    ) -> Result<(), OutputError> {
        let chosen = self.filter.apply(&self.catalogue);
        azq_output::render_list_into(&chosen, rendering, receive)
    }
}

impl List for Rows {
    fn render_into(
        &self,
        rendering: &Rendering<'_>,
        receive: &mut Receive<'_>,
    ) -> Result<(), OutputError> {
        self.render_into(rendering, receive)
    }
}

/// Renders the sizes that fit.
pub(in super::super) async fn render_sizes(
    core: &DaemonState,
    rows: Rows,
    look: OwnedRendering,
    gathering: CacheFill,
) -> Result<Stdout, CommandError> {
    if rows.len() <= SHORT {
        let document = rows.document(&look.rendering());
        let document = document.map_err(OutputError::from)?;
        return render_here(core, document, look, gathering).await;
    }
    let rows = Arc::new(rows);
    if look.query.is_some() {
        return render_selected(core, rows, look, gathering).await;
    }
    Ok(listed(core, rows, look, gathering))
}
