//! az's models of the result of a command in a cluster, written by `tests/record_schema.py` from
//! azure-cli 2.91.0.

use azq_schema::models;

models! {
    RUN_COMMAND_RESULT {
        "id": Text,
        "properties": Flattened {
            "provisioningState": Text,
            "exitCode": Integer,
            "startedAt": DateTime,
            "finishedAt": DateTime,
            "logs": Text,
            "reason": Text,
        },
    }
}
