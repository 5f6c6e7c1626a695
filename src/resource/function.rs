//! What is written by hand for each function, and how it is served: signature, call.

use std::marker::PhantomData;

use super::server::{FunctionServer, RefusedArgument, Signature};
use crate::diagnostic::Diagnostic;
use crate::schema::{self, Attributes, Typed};
use crate::value::{Path, Step, Value};

/// A function of the provider. Pure: no call, no clock, the same result for the same arguments.
pub trait Function: Send + Sync + 'static {
    /// `service_id`
    const NAME: &'static str;
    /// What it returns, in one line.
    const SUMMARY: &'static str;

    /// Its parameters, in their order, all of them required.
    type Parameters: Attributes;
    /// What it returns.
    type Output: Typed;

    /// Computes the result. Rules of the parameters hold by now.
    fn call(parameters: Self::Parameters) -> Result<Self::Output, Refused>;
}

/// Why a function has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The parameter whose value is at fault.
    pub parameter: &'static str,
    /// What is wrong with it, and what to write instead.
    pub text: String,
}

/// A function, served.
#[derive(Debug)]
pub struct Served<F: Function>(PhantomData<fn() -> F>);

impl<F: Function> Served<F> {
    /// Serves a function.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<F: Function> Default for Served<F> {
    fn default() -> Self {
        Self::new()
    }
}

impl<F: Function> FunctionServer for Served<F> {
    fn signature(&self) -> Signature {
        let block = F::Parameters::block();
        Signature {
            summary: F::SUMMARY.to_owned(),
            description: block.description,
            parameters: block.attributes,
            output: F::Output::ty(),
        }
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, RefusedArgument> {
        let block = F::Parameters::block();
        let index = |name: &str| block.attributes.iter().position(|parameter| parameter.name == name);
        let names = block.attributes.iter().map(|parameter| parameter.name.to_owned());
        let given = Value::Map(names.zip(arguments).collect());
        let at_fault = |told: Diagnostic| {
            let parameter = match told.path.steps().first() {
                Some(Step::Attribute(name)) => index(name),
                _ => None,
            };
            RefusedArgument { argument: parameter, text: told.detail }
        };
        if let Some(told) = schema::check(&block, &given).found.into_iter().next() {
            return Err(at_fault(told));
        }
        let parameters = F::Parameters::decode(&given, &Path::root()).map_err(|misfits| {
            let first = misfits.into_iter().next();
            first.map_or_else(|| RefusedArgument { argument: None, text: String::new() }, at_fault)
        })?;
        match F::call(parameters) {
            Ok(output) => Ok(output.to_value()),
            Err(refused) => Err(RefusedArgument { argument: index(refused.parameter), text: refused.text }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Rule;
    use crate::value::Attr;

    crate::attributes! {
        /// Repeats a word.
        pub(super) struct Repetition {
            /// The word.
            required word: String,
            /// How often.
            required times: i64 => [Rule::Range(0, 9)],
        }
    }

    struct Repeat;

    impl Function for Repeat {
        const NAME: &'static str = "repeat";
        const SUMMARY: &'static str = "Repeats a word";
        type Parameters = Repetition;
        type Output = String;

        fn call(parameters: Repetition) -> Result<String, Refused> {
            match (parameters.word, parameters.times) {
                (Attr::Known(word), _) if word.is_empty() => {
                    Err(Refused { parameter: "word", text: "it is empty".to_owned() })
                }
                (Attr::Known(word), Attr::Known(times)) => Ok(word.repeat(usize::try_from(times).unwrap())),
                _ => Ok(String::new()),
            }
        }
    }

    #[test]
    fn an_error_names_the_argument_by_its_place() {
        let call = |word: &str, times: i64| Served::<Repeat>::new().call(vec![Value::from(word), Value::from(times)]);
        assert_eq!(call("ab", 2), Ok(Value::from("abab")));
        assert_eq!(call("ab", 10).unwrap_err().argument, Some(1));
        assert_eq!(call("", 1), Err(RefusedArgument { argument: Some(0), text: "it is empty".to_owned() }));
    }

    #[test]
    fn the_signature_is_the_list() {
        let signature = Served::<Repeat>::new().signature();
        assert_eq!(signature.parameters.iter().map(|parameter| parameter.name).collect::<Vec<_>>(), ["word", "times"]);
        assert_eq!(signature.description, "Repeats a word.");
    }
}
