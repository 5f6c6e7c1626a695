//! What others ask of SNS: the topic behind an ARN.

use crate::simulator::state::State;

use super::state::Topic;

/// Finds a topic by its ARN, whoever owns it.
pub fn topic<'a>(state: &'a State, arn: &str) -> Option<&'a Topic> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", "aws", "sns", region, account, _] = parts.as_slice() else {
        return None;
    };
    state.region(account, region)?.sns.topics.get(arn)
}
