//! The macro that lists attributes. It only lists: the work is done by [`super::Typed`] and
//! [`super::Attributes`].

/// Declares a struct of attributes and everything that follows from it.
///
/// Each line is `<who> <name>: <type> [= default] [=> [rules]],` after its user text. `<who>` is
/// `required`, `optional`, `optional_computed` or `computed` for attributes; `sensitive` instead of `optional` hides
/// the value; `single`, `list` or `set` for nested blocks, whose type is another struct
/// of this macro. A default makes an attribute `optional`; at the top level of a resource write
/// `optional_computed` so that the plan can show the default. `flatten` takes in all attributes of another struct
/// of this macro, as if they were listed here: for what several resources have in common.
///
/// After the struct may stand `constraints [...]`, each a [`Constraint`](crate::schema::Constraint) of the block, and
/// `usual <function>`, which fills defaults that depend on other values of the block.
///
/// Attributes become [`Attr<T>`](crate::value::Attr) fields, repeated blocks `Attr<Vec<T>>`.
#[macro_export]
macro_rules! attributes {
    (
        $(#[doc = $about:literal])*
        $visibility:vis struct $name:ident {
            $(
                $(#[doc = $text:literal])*
                $who:ident $field:ident: $ty:ty $(= $default:expr)? $(=> [$($rule:expr),* $(,)?])?
            ),* $(,)?
        }
        $(constraints [$($constraint:expr),* $(,)?])?
        $(usual $usual:path)?
    ) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq, Default)]
        $visibility struct $name {
            $( $(#[doc = $text])* pub $field: $crate::attributes!(@field $who $ty), )*
        }

        impl $crate::schema::Attributes for $name {
            fn block() -> $crate::schema::Block {
                let mut block = $crate::schema::Block {
                    description: $crate::schema::listed::text(&[$($about),*]),
                    $(constraints: vec![$($constraint),*],)?
                    $(usual: Some($usual),)?
                    ..Default::default()
                };
                $(
                    $crate::attributes!(@declare block $who $field $ty [$($text)*] [$($default)?] [$($($rule),*)?]);
                )*
                block
            }

            fn decode(
                value: &$crate::value::Value,
                path: &$crate::value::Path,
            ) -> Result<Self, $crate::diagnostic::Diagnostics> {
                let mut diagnostics = $crate::diagnostic::Diagnostics::new();
                let mut decoded = Self::default();
                $(
                    $crate::attributes!(@read $who $field (value, path) (&mut decoded.$field) (&mut diagnostics));
                )*
                if diagnostics.is_empty() { Ok(decoded) } else { Err(diagnostics) }
            }

            fn encode(&self) -> $crate::value::Value {
                let mut entries = std::collections::BTreeMap::new();
                $(
                    $crate::attributes!(@write $who $field (&mut entries) (&self.$field));
                )*
                $crate::value::Value::Map(entries)
            }
        }

        impl $crate::schema::Typed for $name {
            fn ty() -> $crate::value::Type {
                <Self as $crate::schema::Attributes>::block().implied_type()
            }

            fn from_value(
                value: &$crate::value::Value,
                path: &$crate::value::Path,
            ) -> Result<$crate::value::Attr<Self>, $crate::diagnostic::Diagnostic> {
                <Self as $crate::schema::Attributes>::decode(value, path).map($crate::value::Attr::Known).map_err(|found| {
                    found.into_iter().next().unwrap_or_else(|| $crate::diagnostic::Diagnostic::error("Value does not fit the schema", ""))
                })
            }

            fn to_value(&self) -> $crate::value::Value {
                <Self as $crate::schema::Attributes>::encode(self)
            }
        }
    };

    (@field single $ty:ty) => { $crate::value::Attr<$ty> };
    (@field list $ty:ty) => { $crate::value::Attr<Vec<$ty>> };
    (@field set $ty:ty) => { $crate::value::Attr<Vec<$ty>> };
    (@field flatten $ty:ty) => { $ty };
    (@field $who:ident $ty:ty) => { $crate::value::Attr<$ty> };

    (@name $field:ident) => { const { $crate::schema::listed::name_of(stringify!($field)) } };

    (@declare $block:ident single $field:ident $ty:ty [$($text:literal)*] [] []) => {
        $crate::attributes!(@nested $block Single $field $ty [$($text)*])
    };
    (@declare $block:ident list $field:ident $ty:ty [$($text:literal)*] [] []) => {
        $crate::attributes!(@nested $block List $field $ty [$($text)*])
    };
    (@declare $block:ident set $field:ident $ty:ty [$($text:literal)*] [] []) => {
        $crate::attributes!(@nested $block Set $field $ty [$($text)*])
    };
    (@declare $block:ident flatten $field:ident $ty:ty [$($text:literal)*] [] []) => {
        $crate::schema::listed::take_in(&mut $block, <$ty as $crate::schema::Attributes>::block())
    };
    (@declare $block:ident $who:ident $field:ident $ty:ty [$($text:literal)*] [$($default:expr)?] [$($rule:expr),*]) => {
        $crate::schema::listed::declare(
            &mut $block,
            $crate::attributes!(@name $field),
            <$ty as $crate::schema::Typed>::ty(),
            ($crate::attributes!(@presence $who), $crate::attributes!(@sensitive $who)),
            &[$($text),*],
            $crate::attributes!(@default $ty [$($default)?]),
            vec![$($rule),*],
        )
    };
    (@nested $block:ident $nesting:ident $field:ident $ty:ty [$($text:literal)*]) => {
        $crate::schema::listed::nest(
            &mut $block,
            $crate::attributes!(@name $field),
            $crate::schema::Nesting::$nesting,
            &[$($text),*],
            <$ty as $crate::schema::Attributes>::block(),
        )
    };

    (@default $ty:ty []) => { None };
    (@default $ty:ty [$default:expr]) => { Some(<$ty as $crate::schema::Typed>::to_value(&<$ty>::from($default))) };

    (@presence required) => { $crate::schema::Presence::Required };
    (@presence optional) => { $crate::schema::Presence::Optional };
    (@presence sensitive) => { $crate::schema::Presence::Optional };
    (@presence optional_computed) => { $crate::schema::Presence::OptionalComputed };
    (@presence computed) => { $crate::schema::Presence::Computed };
    (@sensitive sensitive) => { true };
    (@sensitive $who:ident) => { false };

    (@read flatten $field:ident $place:tt ($target:expr) ($found:expr)) => {
        $crate::schema::listed::read_flat($place, $target, $found)
    };
    (@read $who:ident $field:ident $place:tt ($target:expr) ($found:expr)) => {
        $crate::schema::listed::read(
            $place,
            $crate::attributes!(@name $field),
            $crate::attributes!(@decode $who),
            $target,
            $found,
        )
    };

    (@write flatten $field:ident ($entries:expr) ($source:expr)) => {
        $crate::schema::listed::write_flat($entries, &$crate::schema::Attributes::encode($source))
    };
    (@write $who:ident $field:ident ($entries:expr) ($source:expr)) => {
        $crate::schema::listed::write(
            $entries,
            $crate::attributes!(@name $field),
            $crate::attributes!(@encode $who, $source),
        )
    };

    (@decode single) => { $crate::schema::decode_single };
    (@decode list) => { |value, path| $crate::schema::decode_repeated(value, path, false) };
    (@decode set) => { |value, path| $crate::schema::decode_repeated(value, path, true) };
    (@decode $who:ident) => { $crate::schema::decode_attribute };

    (@encode single, $value:expr) => { $crate::schema::encode_single($value) };
    (@encode list, $value:expr) => { $crate::schema::encode_repeated($value) };
    (@encode set, $value:expr) => { $crate::schema::encode_repeated($value) };
    (@encode $who:ident, $value:expr) => { $crate::schema::encode_attribute($value) };
}
