//! Marks of runs, which say until when they hold their composites and that they have ended: the same words on the objects of many
//! composites, written in one call.
//!
//! A refused call is made again for halves, down to the object that it is about: its owner learns of it, the others have their marks.

use super::client::Account;
use super::error::may_be_of_one;
use super::operation::Operation::{Ec2, Elbv2};
use super::tags::{self, Tags};
use crate::engine::{Class, Failure, Result, RunMark};

/// Objects in one call of EC2, which takes a thousand.
const EC2_MOST: usize = 500;
/// Objects in one call of Elastic Load Balancing.
const ELBV2_MOST: usize = 20;
type End = Result<()>;

impl Account {
    /// Writes the mark of a run on an object, by its id or ARN, in one call with those that others write now. The time in it is that of
    /// the call.
    pub async fn mark_run(&self, id: &str, mark: RunMark) -> Result<()> {
        let account = self.clone();
        let fetch = move |ids: Vec<String>| {
            let account = account.clone();
            async move { Ok(account.mark_all(ids, mark).await) }
        };
        let is_arn = id.starts_with("arn:");
        let most = if is_arn { ELBV2_MOST } else { EC2_MOST };
        let end = self.reads().run_marks.of((mark, is_arn), most).get(id, fetch).await?;
        end.unwrap_or_else(|| Err(Failure::new(Class::Bug, format!("{id} was left out when runs were marked"))))
    }

    async fn mark_all(&self, ids: Vec<String>, mark: RunMark) -> Vec<(String, End)> {
        let (mut ends, mut open) = (Vec::new(), vec![ids]);
        while let Some(mut ids) = open.pop() {
            match self.send_marks(&ids, mark).await {
                Err(failure) if ids.len() > 1 && may_be_of_one(&failure) => {
                    let rest = ids.split_off(ids.len() / 2);
                    open.extend([rest, ids]);
                }
                end => ends.extend(ids.into_iter().map(|id| (id, end.clone()))),
            }
        }
        ends
    }

    async fn send_marks(&self, ids: &[String], mark: RunMark) -> End {
        let tags = Tags::from([(mark.key.to_owned(), mark.at(self.now()))]);
        if ids.first().is_some_and(|id| id.starts_with("arn:")) {
            let sent = self.elbv2().add_tags().set_resource_arns(Some(ids.to_vec()));
            return self.call(Elbv2("AddTags"), sent.set_tags(Some(tags::to_elbv2(&tags))).send()).await.map(|_| ());
        }
        let sent = self.ec2().create_tags().set_resources(Some(ids.to_vec())).set_tags(Some(tags::to_ec2(&tags)));
        self.call(Ec2("CreateTags"), sent.send()).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::join_all;

    use super::*;
    use crate::aws::testing::{Script, ec2_refusal, ec2_reply};
    use crate::engine::RunKeys;

    const HELD: RunMark = RunMark { key: RunKeys::OWN.mark, stage: "creating", ahead: Duration::from_mins(3) };

    #[tokio::test(start_paused = true)]
    async fn many_objects_are_marked_in_one_call() {
        let script = Script::new(|sent| ec2_reply(sent, "<return>true</return>"));
        let aws = script.aws().await;
        let account = aws.account(None).unwrap();
        let ends = join_all((0..30).map(|n| async move { account.mark_run(&format!("sg-{n}"), HELD).await })).await;
        assert!(ends.iter().all(Result::is_ok), "{ends:?}");
        assert_eq!(script.calls(), ["CreateTags"]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_that_is_gone_is_told_to_its_owner_and_the_others_are_marked() {
        let script = Script::new(|sent| {
            if sent.body.contains("sg-13") { ec2_refusal(400, "InvalidGroup.NotFound") } else { ec2_reply(sent, "") }
        });
        let aws = script.aws().await;
        let account = aws.account(None).unwrap();
        let ends = join_all((10..20).map(|n| async move { account.mark_run(&format!("sg-{n}"), HELD).await })).await;
        let refused: Vec<usize> = ends.iter().enumerate().filter(|(_, end)| end.is_err()).map(|(n, _)| n).collect();
        assert_eq!(refused, [3]);
    }
}
