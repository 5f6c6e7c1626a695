//! What `adopt` writes is taken over without a write: everything that it prints is imported or moved, planned, applied, and planned again,
//! and the world is the same as before.
//!
//! | what there is | test |
//! | --- | --- |
//! | a chain made by the AWS CLI, and by boto3 | `aws_cli` and `boto3`, through Terraform; `terraform_moved::both_sides_are_adopted_from_their_accounts` |
//! | a chain of `aws_*` resources in two accounts, with zones, accepter and proof | [`states::a_chain_of_two_accounts`], without its state too; the world is made of the state: [`recorded`] |
//! | the modules vpc-endpoints and alb-as-nlb | [`states::modules_with_keys`], without their state too |
//! | a load balancer that another configuration has | [`given::a_load_balancer_that_the_state_has_not`] |
//! | one that a controller of Kubernetes made | [`given::load_balancers_of_others_in_an_account`] |
//! | a target group, or targets, of others | [`given::groups_and_targets_that_the_state_has_not`] |
//! | targets that Auto Scaling, Amazon ECS or Kubernetes registers, in an account | [`given::targets_that_others_register_in_an_account`] |
//! | a security group of one endpoint, of several, of another configuration | [`groups`] |
//! | records that another configuration has, beside others in one zone and alone in another | [`records`] |
//! | an endpoint in a Route 53 Profile | [`states::an_endpoint_in_a_profile`]; the way back: `adopt::back::tests` |
//! | chains that nobody has finished | [`half_made`], with a table |
//! | records in a zone of a second account, a peer | [`given::zones_of_a_peer_keep_its_name`] |
//! | several listeners, with and without zones | [`given::zones_of_a_peer_keep_its_name`], `adopt::a_service_made_by_hand…`, `terraform_moved::both_sides…` |
//! | five hundred endpoints | `adopt::five_hundred_endpoints_cost_pages_and_no_call_each` |

mod by_hand;
mod given;
mod groups;
mod half_made;
mod recorded;
mod records;
mod states;

use acceptance_tests::terraform::unwrapped;
use privatelink::adopt::{Adopted, Chain, Side, State, Wanted, files, of_account, of_state};
use privatelink::protocol::value::to_json;
use privatelink::resource::MovedState;

use self::by_hand::Document;
use crate::consumer_setting::{OWNER, Setting, USER};
use crate::core::{Action, Terraform, objects, texts};

/// What was adopted, its text, and the two sides that it was adopted with.
struct Printed {
    found: Adopted,
    text: String,
}

fn sides(setting: &Setting) -> [Side; 2] {
    [(&setting.owner, OWNER), (&setting.user, USER)].map(|(terraform, account)| Side {
        provider: terraform.provider.clone(),
        alias: None,
        config: terraform.config.clone(),
        region: "us-east-1".to_owned(),
        account_id: Some(account.to_owned()),
    })
}

fn printed(found: Adopted, sides: &[Side]) -> Printed {
    let texts: Vec<String> = files(&found, sides).iter().map(|file| file.body.render()).collect();
    Printed { found, text: unwrapped(&texts.join("\n")) }
}

/// Adopts from both accounts.
async fn from_accounts(setting: &Setting) -> Printed {
    let mut sides = sides(setting);
    let found = of_account(&mut sides, &Wanted::default()).await;
    printed(found, &sides)
}

/// Adopts from a state, with the credentials of both accounts.
async fn from_state(setting: &Setting, document: &Document) -> Printed {
    let mut sides = sides(setting);
    let found = of_state(&mut sides, &State::parse(&document.text()).unwrap()).await;
    printed(found, &sides)
}

/// Takes one resource over, as core does with what is printed.
async fn take_over(terraform: &mut Terraform, name: &str, chain: &Chain, document: Option<&Document>) {
    let states = document.map(Document::states).unwrap_or_default();
    let found = match states.into_iter().find(|(address, ..)| Some(address) == chain.moved_from.as_ref()) {
        Some((_, type_name, version, state)) => {
            let provider = "registry.terraform.io/hashicorp/aws".to_owned();
            let taken_by = Some(chain.type_name);
            let moved = MovedState { provider, type_name, version, state, taken_by };
            terraform.move_here(chain.type_name, name, &moved).await
        }
        None => terraform.import(chain.type_name, name, &chain.id).await,
    };
    assert!(!found.has_errors(), "{}: {:#?}", chain.id, texts(&found));
    let schema = terraform.server(chain.type_name).1.schema();
    let config = to_json(&schema.block, &chain.config).unwrap();
    let plan = terraform.plan(chain.type_name, name, &config).await;
    assert!(matches!(plan.action, Action::NoOp | Action::Update), "{}: {:?}", chain.id, plan.replaced_by);
    terraform.apply(chain.type_name, name, &config).await;
}

/// Takes over everything that was adopted, on its side, and expects that nothing of AWS changes.
async fn is_taken_over(setting: &mut Setting, printed: &Printed, document: Option<&Document>) {
    let before = objects(&setting.land.world);
    setting.forget_calls();
    for (number, chain) in printed.found.chains.iter().enumerate() {
        assert!(chain.changes.is_empty(), "{}: {:#?}", chain.id, chain.changes);
        let terraform = if chain.side == 0 { &mut setting.owner } else { &mut setting.user };
        take_over(terraform, &format!("adopted_{number}"), chain, document).await;
    }
    assert_eq!(setting.world_changes(), Vec::<String>::new(), "{}", printed.text);
    assert_eq!(objects(&setting.land.world), before);
}

/// The chain of an anchor.
fn chain<'a>(printed: &'a Printed, id: &str) -> &'a Chain {
    let found = printed.found.chains.iter().find(|chain| chain.id == id);
    found.unwrap_or_else(|| panic!("{id} is not adopted: {}", printed.text))
}
