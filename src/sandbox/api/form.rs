//! In which form an answer is wanted.

use super::denial::Denial;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Whole objects.
    Whole,
    /// `PartialObjectMetadata`, or a list of them.
    Metadata,
    /// `Table`.
    Table,
    /// Discovery of all groups in one document.
    Aggregated,
}

/// A form and its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The form.
    pub(crate) form: Form,
    /// YAML instead of JSON.
    pub(crate) yaml: bool,
}

/// Takes the first form of an `Accept` header that can be given.
pub(crate) fn wanted(accept: Option<&str>) -> Result<Wanted, Denial> {
    let accept = accept.filter(|text| !text.trim().is_empty()).unwrap_or("*/*");
    accept.split(',').find_map(one).ok_or_else(Denial::not_acceptable)
}

fn one(clause: &str) -> Option<Wanted> {
    let mut parts = clause.split(';').map(str::trim);
    let media = parts.next()?;
    let yaml = match media {
        "application/json" | "*/*" | "application/*" => false,
        "application/yaml" => true,
        _ => return None,
    };
    let parameter = |name: &str| {
        let mut pairs = clause.split(';').filter_map(|part| part.trim().split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let form = match (parameter("as"), parameter("g"), parameter("v")) {
        (None, _, _) => Form::Whole,
        (Some("Table"), _, Some("v1")) => Form::Table,
        (Some("PartialObjectMetadata" | "PartialObjectMetadataList"), _, Some("v1")) => Form::Metadata,
        (Some("APIGroupDiscoveryList"), Some("apidiscovery.k8s.io"), Some("v2")) => Form::Aggregated,
        (Some(_), _, _) => return None,
    };
    Some(Wanted { form, yaml })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &str, form: Option<Form>) {
        assert_eq!(wanted(Some(accept)).ok().map(|wanted| wanted.form), form, "{accept}");
    }

    #[test]
    fn the_first_form_that_can_be_given_is_taken() {
        check("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", Some(Form::Table));
        check("application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json", Some(Form::Whole));
        check("application/vnd.kubernetes.protobuf,application/json", Some(Form::Whole));
        check("application/vnd.kubernetes.protobuf", None);
        check(
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json",
            Some(Form::Aggregated),
        );
        check("", Some(Form::Whole));
    }
}
