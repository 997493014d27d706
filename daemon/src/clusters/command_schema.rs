//! az's models of the result of a command in a cluster, written by `tests/record_schema.py` from
//! azure-cli 2.91.0.

use azq_schema::Kind::{DateTime, Flattened, Integer, Text};
use azq_schema::models;

models! {
    COMMAND_RESULT_PROPERTIES {
        "provisioningState": Text,
        "exitCode": Integer,
        "startedAt": DateTime,
        "finishedAt": DateTime,
        "logs": Text,
        "reason": Text,
    }
    RUN_COMMAND_RESULT { "id": Text, "properties": Flattened(&COMMAND_RESULT_PROPERTIES) }
}
