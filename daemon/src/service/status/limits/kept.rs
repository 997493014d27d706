//! The limits of the daemon's caches: catalogues, names, answers, prices, operations.

use super::{Limit, Most::Bytes, Most::Time, StatusSnapshot, bytes, count, number};
use crate::gen2;
use crate::operations;
use crate::service::response_cache::{
    ANSWER_BYTES, ANSWERS, CONTEXTS, LEFT_FREE, LONGEST_QUERY,
    LONGEST_REQUEST as LONGEST_REMEMBERED, QUERIES,
};
use crate::sizes;
use crate::suggestions;

/// Returns the limits of cached responses of Azure, and of recorded operations.
pub(super) fn kept(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    [catalogues, names, answers, work]
        .into_iter()
        .flat_map(|group| group(moment))
        .collect()
}

fn catalogues(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    let config = &moment.core.config;
    let skus = azq_skus::Settings::default();
    vec![
        Limit::of("catalogues", "catalogues", count(skus.max_catalogues)),
        Limit::of(
            "catalogueBytes",
            "catalogue memory",
            Bytes(config.cache_memory),
        )
        .now(moment.catalogue_bytes),
        Limit::of(
            "catalogueDiskBytes",
            "catalogue files",
            Bytes(config.cache_disk),
        ),
        Limit::of(
            "catalogueFreshSeconds",
            "catalogue fresh",
            Time(config.cache_fresh),
        ),
        Limit::of(
            "catalogueExpiresSeconds",
            "catalogue expires",
            Time(config.cache_expires),
        ),
        Limit::of("snapshotBytes", "catalogue file", Bytes(azq_skus::MAX_FILE)),
        Limit::of(
            "snapshotContentBytes",
            "catalogue file's content",
            Bytes(azq_skus::MAX_CONTENT),
        ),
        Limit::of(
            "snapshotAgeSeconds",
            "catalogue file's age",
            Time(azq_skus::MAX_AGE),
        ),
        Limit::of("exportBytes", "exported file", Bytes(azq_skus::MAX_ARCHIVE)),
        Limit::of("shareSeconds", "share's answer", Time(config.share_timeout)),
        Limit::of(
            "shareWaitSeconds",
            "share's other machine",
            Time(azq_share::Timing::default().patience),
        ),
        Limit::of(
            "shareCallers",
            "share's callers",
            count(azq_skus::SHARES.get()),
        ),
        Limit::of(
            "locations",
            "accounts' locations",
            count(azq_skus::MAX_SCOPES),
        ),
    ]
}

fn names(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    let core = moment.core;
    vec![
        Limit::of(
            "namedLists",
            "lists of names",
            count(suggestions::LISTS.get()),
        )
        .now(number(core.names.count())),
        Limit::of(
            "namesOfList",
            "lists' names",
            count(suggestions::MOST_NAMES),
        ),
        Limit::of(
            "namesOfListBytes",
            "lists' length",
            bytes(suggestions::MOST_BYTES),
        ),
        Limit::of("namesKeptSeconds", "lists kept", Time(suggestions::KEPT)),
        Limit::of(
            "listsAskedFor",
            "lists asked for",
            count(suggestions::ASKING),
        ),
    ]
}

fn answers(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    let (core, config) = (moment.core, &moment.core.config);
    let skus = azq_skus::Settings::default();
    let (answers, usage) = core.remembered.answers();
    vec![
        Limit::of("queries", "remembered queries", count(QUERIES.get())),
        Limit::of(
            "rememberedQueryBytes",
            "remembered query size",
            bytes(LONGEST_QUERY),
        ),
        Limit::of(
            "rememberedRequestBytes",
            "remembered request size",
            bytes(LONGEST_REMEMBERED),
        ),
        Limit::of("contexts", "remembered contexts", count(CONTEXTS.get())),
        Limit::of(
            "cataloguePatienceSeconds",
            "catalogue patience",
            Time(skus.patience),
        ),
        Limit::of(
            "rememberedAnswers",
            "remembered answers",
            count(ANSWERS.get()),
        )
        .now(number(answers)),
        Limit::of(
            "rememberedAnswerBytes",
            "remembered bytes",
            Bytes(ANSWER_BYTES),
        )
        .now(usage.memory),
        Limit::of("answerFileBytes", "answer files", Bytes(config.cache_disk)).now(usage.files),
        Limit::of(
            "answerFilesLeaveBytes",
            "answer files leave free",
            Bytes(LEFT_FREE),
        ),
    ]
}

fn work(moment: &StatusSnapshot<'_>) -> Vec<Limit> {
    let core = moment.core;
    vec![
        Limit::of(
            "priceRegions",
            "regions' prices",
            count(sizes::MOST_REGIONS.get()),
        )
        .now(number(core.prices.len())),
        Limit::of(
            "migrations",
            "migrations",
            count(gen2::migrate::MOST_MIGRATIONS),
        ),
        Limit::of(
            "migrationBytes",
            "migration's state",
            Bytes(gen2::migrate::LARGEST_STATE),
        ),
        Limit::of("operations", "operations", count(operations::MOST)).now(moment.operations),
        Limit::of(
            "operationAgeSeconds",
            "operation age",
            Time(operations::OLDEST),
        ),
    ]
}
