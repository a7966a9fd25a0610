//! Argo's conditions: the cases of Argo Rollouts' own tests, precedence, types and errors.

#[cfg(target_family = "wasm")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use canary_rollout::rules::{
    Condition, ConditionErrorKind, Conditions, EvaluationError, Measured, Verdict,
};
use proptest::prelude::*;
use proptest::test_runner::{Config as Cases, RngSeed, TestRunner};

use Measured::{Bool, Integer, Nil, Number, Text, Vector};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Successful,
    Failed,
    Inconclusive,
    Error,
}

use Phase::{Error, Failed, Inconclusive, Successful};

/// The phase of a measurement. A condition that cannot be parsed is an error in Argo each
/// time that it is evaluated.
fn phase(success: &str, failure: &str, measured: Measured<'_>) -> Phase {
    let parsed = |text: &str| match text {
        "" => Ok(None),
        text => Condition::parse(text).map(Some),
    };
    let (Ok(success), Ok(failure)) = (parsed(success), parsed(failure)) else { return Error };
    match (Conditions { success, failure }).verdict(measured) {
        Ok(Verdict::Pass) => Successful,
        Ok(Verdict::Fail) => Failed,
        Ok(_) => Inconclusive,
        Err(_) => Error,
    }
}

/// The cases of utils/evaluate/evaluate_test.go of Argo Rollouts (9f8d111d) that have a
/// condition: name, success condition, failure condition, what was measured, phase.
/// `EvalCondition` has one condition: true is Successful, false is Failed.
const ARGO: &[(&str, &str, &str, Measured<'_>, Phase)] = &[
    ("EvaluateResultWithSuccess", "true", "false", Bool(true), Successful),
    ("EvaluateResultWithFailure", "true", "true", Bool(true), Failed),
    ("EvaluateResultInconclusive", "false", "false", Bool(true), Inconclusive),
    ("EvaluateResultNoSuccessConditionAndNotFailing", "", "false", Bool(true), Successful),
    ("EvaluateResultNoFailureConditionAndNotSuccessful", "false", "", Bool(true), Failed),
    ("EvaluateResultNoFailureConditionAndNoSuccessCondition", "", "", Bool(true), Successful),
    ("EvaluateResultWithErrorOnSuccessCondition", "a == true", "true", Bool(true), Error),
    ("EvaluateResultWithErrorOnFailureCondition", "true", "a == true", Bool(true), Error),
    ("EvaluateConditionWithSuccess", "result == true", "", Bool(true), Successful),
    ("EvaluateConditionWithFailure", "result == false", "", Bool(true), Failed),
    ("ErrorWithNonBoolReturn", "1", "", Bool(true), Error),
    ("ErrorWithInvalidReference", "invalidVariable", "", Bool(true), Error),
    (
        "EvaluateArray",
        "all(result.service_apdex.values.values, {# > 1})",
        "",
        Vector(&[2.0, 2.0]),
        Successful,
    ),
    ("EvaluateInOperator", "2 in result", "", Vector(&[2.0, 2.0]), Successful),
    ("EvaluateFloat64", "result > 1", "", Number(5.0), Successful),
    ("EvaluateInvalidStruct", "result.Name() == 'hi'", "", Bool(true), Error),
    ("EvaluateAsIntPanic", "asInt(result) == 1.1", "", Text("1.1"), Error),
    ("EvaluateAsInt", "asInt(result) == 1", "", Text("1"), Successful),
    ("EvaluateAsInt", "asInt(result) == 1", "", Integer(1), Successful),
    ("EvaluateAsInt", "asInt(result) == 1", "", Number(1.123), Successful),
    ("EvaluateAsFloatError", "asFloat(result) == 1.1", "", Text("NotANum"), Error),
    ("EvaluateAsFloatError", "asFloat(result) == \"1.1\"", "", Text("1.1"), Error),
    ("EvaluateAsFloat", "asFloat(result) == 1.1", "", Text("1.1"), Successful),
    ("EvaluateAsFloat", "asFloat(result) >= 1.1", "", Text("1.1"), Successful),
    ("EvaluateAsFloat", "asFloat(result) <= 1.1", "", Text("1.1"), Successful),
    ("EvaluateAsFloat", "asFloat(result) == 1.1", "", Number(1.1), Successful),
    ("EvaluateAsFloat", "asFloat(result) == 1", "", Integer(1), Successful),
    ("EvaluateAsFloat", "asFloat(result) >= 1", "", Integer(1), Successful),
    // Functions that the tests call directly.
    ("AsInt", "asInt('1') == 1", "", Nil, Successful),
    ("AsInt", "asInt('notint') == 1", "", Number(1.0), Error),
    ("AsInt", "asInt('1.1') == 1", "", Number(1.0), Error),
    ("AsFloat", "asFloat('1') == 1", "", Number(1.0), Successful),
    ("AsFloat", "asFloat('notfloat') == 1", "", Number(1.0), Error),
    ("AsFloat", "asFloat('1.1') == 1.1", "", Number(1.0), Successful),
    ("IsInf", "isInf(result)", "", Number(f64::INFINITY), Successful),
    ("IsInf", "isInf(0.0)", "", Number(0.0), Failed),
    ("DefaultFunc", "default(result, 0) == 0", "", Nil, Successful),
    ("DefaultFunc", "default(result, 1) == 1", "", Nil, Successful),
    ("DefaultFunc", "default(result, 2) == 2", "", Nil, Successful),
    ("DefaultFunc", "default(result, 0) == 1", "", Number(1.0), Successful),
    ("IsNilFunc", "isNil(result)", "", Nil, Successful),
    ("IsNilFunc", "isNil(result)", "", Number(1.0), Failed),
    ("IsNilFunc", "isNil(result)", "", Vector(&[]), Failed),
    ("IsNilFunc", "isNil(result)", "", Integer(1), Failed),
    ("IsNilFunc", "isNil(result)", "", Bool(false), Failed),
    ("IsNil", "result == nil", "", Nil, Successful),
    ("IsNil", "result == nil", "", Bool(false), Failed),
    ("ValueFromPointer", "result == nil", "", Number(1.0), Failed),
    ("ValueFromPointer", "result == 1", "", Number(1.0), Successful),
    ("EvaluateResultErrorMessageWithNilResult", "result[0] >= 0.95", "", Nil, Error),
    ("EvaluateResultErrorMessageWithEmptySlice", "result[0] >= 0.95", "", Vector(&[]), Error),
    ("EvaluateResultErrorMessageWithInvalidExpression", "a == true", "", Bool(true), Error),
    ("EvaluateResultErrorMessageOnFailureCondition", "true", "invalidVar == true", Nil, Error),
];

#[test]
fn measurements_have_the_phase_that_argo_gives_them() {
    for &(name, success, failure, measured, expected) in ARGO {
        let found = phase(success, failure, measured);
        assert_eq!(found, expected, "{name}: {success:?}, {failure:?} of {measured:?}");
    }
}

#[track_caller]
fn check(condition: &str, measured: Measured<'_>, expected: Result<bool, &str>) {
    let parsed = match Condition::parse(condition) {
        Ok(parsed) => parsed,
        Err(error) => panic!("{error}: {condition}"),
    };
    let found = parsed.evaluate(measured).map_err(|error| error.to_string());
    assert_eq!(found, expected.map_err(str::to_owned), "{condition} of {measured:?}");
}

#[test]
fn conditions_of_public_templates_decide() {
    let one = |value| [value];
    for (condition, value, expected) in [
        ("result[0] >= 0.95", 0.95, true),
        ("result[0] >= 0.95", 0.9499, false),
        ("result[0] >= 0.95", f64::NAN, false),
        ("0.95 <= result[0]", 0.97, true),
        ("result[0] != 0", f64::NAN, true),
        ("result[0] < -1", -2.0, true),
        ("len(result) == 0 || result[0] < 0.05", 0.04, true),
        ("isNaN(result[0]) || result[0] >= 0.9", f64::NAN, true),
        ("all(result, # < 1000)", 999.0, true),
        ("all(result, {# < 1000})", 1000.0, false),
        ("any(result, {# > 1 and # < 3})", 2.0, true),
        ("none(result, {isNaN(#)})", f64::NAN, false),
        ("len(filter(result, {# > 1})) == 1", 2.0, true),
        ("len(result) > 0 ? result[0] < 1 : true", 2.0, false),
        ("result[-1] == 2", 2.0, true),
        ("max(result) - min(result) < 0.1 && sum(result) == mean(result)", 2.0, true),
    ] {
        check(condition, Vector(&one(value)), Ok(expected));
    }
    for (condition, value, expected) in [
        ("result <= 0.01", 0.01, true),
        ("result.successRate >= 0.95", 0.95, true),
        ("result.data_ok == true || result['value'] > 5", 6.0, true),
        ("default(result, 0) < 10", 9.0, true),
        ("asFloat(result) * 100 > 99.5", 0.996, true),
        ("0.1 < result < 0.2", 0.15, true),
        ("0.1 < result < 0.2", 0.2, false),
        ("result in 1..5", 5.0, true),
        ("result in 1..5", 4.5, false),
        ("result not in [1, 2]", 2.0, false),
    ] {
        check(condition, Number(value), Ok(expected));
    }
    check("len(result) == 0 || result[0] < 0.05", Vector(&[]), Ok(true));
    check("default(result, 0) < 10", Nil, Ok(true));
    check(
        "isNil(result) or result < 3",
        Nil,
        Err("metric result is nil or empty: no data \
        returned from the metric provider"),
    );
    check("(result ?? 1) == 1", Nil, Ok(true));
    check("result == 'It worked!'", Text("It worked!"), Ok(true));
    check("result startsWith 'It' and result contains `work`", Text("It worked!"), Ok(true));
    check(
        "len(result[0].Values) >= 2 and all(result[0].Values, {# <= 0.01})",
        Vector(&[0.01, 0.0]),
        Ok(true),
    );
    check(
        "all(result.service_apdex.values.values, {asFloat(.value) >= 9900})",
        Vector(&[9e3]),
        Ok(false),
    );
}

#[test]
fn operators_bind_as_in_expr_lang() {
    for (condition, expected) in [
        ("1 + 2 * 3 == 7", true),
        ("2 ** 3 ** 2 == 512", true),
        ("-2 ** 2 == -4", true),
        ("2 ^ -1 == 0.5", true),
        ("7 / 2 == 3.5", true),
        ("7 % 4 == 3 and -7 % 4 == -3", true),
        ("10 - 2 - 3 == 5", true),
        ("1 / 0 > 1e308", true),
        ("9223372036854775807 + 1 < 0", true),
        ("true or false and false", true),
        ("(true || false) && false", false),
        ("not (1 > 2) and !false", true),
        ("1 < 2 == true", true),
        ("false ? true : false ? false : true", true),
        ("(nil ?? 1 ?? 2) == 1", true),
        ("1 in 0..3 and 3 in [1, 2, 3] and not (4 in [1.0])", true),
        ("1 not in 2..3", true),
        ("len('äöü') == 3", true),
        ("'a' < 'b' && \"\\x61\" == 'a'", true),
        ("1_000 == 1e3 && 0x10 == 16 && .5 == 0.5", true),
        ("[1, 2] == [1.0, 2.0]", true),
        ("true // a comment", true),
        ("true /* another */ || false", true),
        ("count(1..10, {# % 2 == 0}) == 5", true),
        ("one([1, 2, 3], # > 2)", true),
        ("all([[1, 2], [3]], {all(#, {# > 0})})", true),
        ("first(filter(1..9, {# > 3})) == 4 and last(1..9) == 9", true),
        ("abs(-2) == 2 && floor(-0.5) == -1 && ceil(0.1) == 1 && round(-0.5) == -1", true),
        ("int(2.9) == 2 && float('1e2') == 100", true),
        ("nil == nil", true),
    ] {
        check(condition, Number(0.5), Ok(expected));
    }
}

#[test]
fn mismatched_types_are_errors_as_in_argo() {
    let scalar = Number(0.5);
    let vector = Vector(&[0.5]);
    for (condition, measured, expected) in [
        ("result > 1", vector, "invalid operation: > (mismatched types []float64 and int)"),
        // Argo checks types before it evaluates.
        ("true || result > 1", vector, "invalid operation: > (mismatched types []float64 and int)"),
        ("result[0] > 1", scalar, "invalid operation: [] (mismatched types float64 and int)"),
        ("result == 'true'", scalar, "invalid operation: == (mismatched types float64 and string)"),
        ("result == true", scalar, "invalid operation: == (mismatched types float64 and bool)"),
        ("not result > 1", scalar, "invalid operation: not on float64"),
        ("result", scalar, "expected bool, but got float64"),
        ("result % 2 == 0", scalar, "invalid operation: % (mismatched types float64 and int)"),
        ("all(result, # > 1)", scalar, "invalid operation: all on float64"),
        // `default` gives the whole result.
        (
            "default(result[0], 0) < 1",
            vector,
            "invalid operation: < (mismatched types []float64 and int)",
        ),
        ("result[1] > 0", vector, "index out of range: 1 (array length is 1)"),
        ("result[-2] > 0", vector, "index out of range: -2 (array length is 1)"),
        ("isNaN(asInt(result))", scalar, "invalid operation: isNaN on int"),
        ("1 % 0 == 0", scalar, "integer divide by zero"),
        ("count(1..1000000, # > 0) > 0", scalar, "the evaluation takes more than 100000 steps"),
        (
            "default(result[0], 0) < 1",
            Vector(&[]),
            "metric result is nil or empty: no data returned from the metric provider",
        ),
    ] {
        check(condition, measured, Err(expected));
    }
    // What only the measured value tells is no error of types.
    check("result.status == 'ok'", scalar, Ok(false));
}

#[test]
fn faults_of_a_text_have_a_column_and_say_what_was_expected() {
    use ConditionErrorKind::{NotModelled, Syntax, UnknownName};

    let deep = "(".repeat(60);
    let doubling = format!("{}1{} == 1", "1 < (".repeat(20), " < 2) < 3".repeat(20));
    let long = "1 +".repeat(200);
    for (text, kind, column, message) in [
        ("", Syntax, 1, "found the end, expected a value"),
        ("result = 5", Syntax, 8, "found `=`, expected `==`"),
        ("result[0 >= 1", Syntax, 14, "found the end, expected `]`"),
        ("result >= 1)", Syntax, 12, "found `)`, expected an operator or the end"),
        ("result >= ", Syntax, 11, "found the end, expected a value"),
        ("result > 1 & true", Syntax, 12, "found `&`, expected `&&`"),
        ("result > 1 not true", Syntax, 16, "found \"true\", expected `in`"),
        ("nil ?? 1 == 1", Syntax, 10, "found `==`, expected parentheses around `??`"),
        ("results[0] >= 90.0", UnknownName, 1, "unknown name \"results\", did you mean `result`?"),
        ("x > 1", UnknownName, 1, "unknown name \"x\", expected `result` or a function"),
        ("isNaN() || true", Syntax, 1, "found 0 arguments of `isNaN`, expected 1 argument"),
        ("default(result) > 1", Syntax, 1, "found 1 arguments of `default`, expected 2 arguments"),
        ("result > 1.2.3", Syntax, 13, "found the number 0.3, expected"),
        ("result > 12ms", Syntax, 10, "found \"12ms\", expected a number"),
        ("result == 'ok", Syntax, 11, "found a text without an end"),
        ("result > 1 @", Syntax, 12, "found \"@\""),
        ("{{args.limit}} > 1", NotModelled, 1, "`{` is not modelled"),
        ("result | len() > 1", NotModelled, 8, "`|` is not modelled"),
        ("let a = 1; a > 0", NotModelled, 1, "`let` is not modelled"),
        ("result matches 'a'", NotModelled, 8, "`matches` is not modelled"),
        ("len(map(result, #)) > 1", NotModelled, 5, "\"map\" is not modelled"),
        ("len(result[0:1]) > 1", NotModelled, 13, "`:` is not modelled"),
        ("# > 1", NotModelled, 1, "`#` is not modelled"),
        (&deep, NotModelled, 51, "found more than 50 levels"),
        (&doubling, NotModelled, 0, "found too many chained comparisons"),
        (&long, NotModelled, 0, "found more than 300 tokens"),
    ] {
        let error = Condition::parse(text).expect_err(text);
        assert_eq!(error.kind, kind, "{text}: {error}");
        assert!(error.message.starts_with(message), "{text}: {error}");
        assert!(column == 0 || error.column == column, "{text}: {error}");
    }
}

#[test]
fn a_condition_is_its_text() {
    let condition = Condition::parse(" result[0]  >= 0.95 ").unwrap();
    assert_eq!(condition.text(), " result[0]  >= 0.95 ");
    assert_eq!(serde_json::to_string(&condition).unwrap(), "\" result[0]  >= 0.95 \"");
    assert_eq!(condition, condition.clone());
    assert_ne!(condition, Condition::parse("result[0] >= 0.95").unwrap());
}

const SAMPLES: [Measured<'_>; 8] = [
    Nil,
    Number(0.5),
    Number(f64::NAN),
    Vector(&[]),
    Vector(&[0.97, f64::INFINITY]),
    Bool(true),
    Integer(i64::MIN),
    Text("1e999"),
];

/// Parses and, if that succeeds, evaluates on every kind of measured value.
fn survives(text: &str) {
    if let Ok(condition) = Condition::parse(text) {
        for measured in SAMPLES {
            if let Err(error) = condition.evaluate(measured) {
                assert!(!error.to_string().is_empty());
            }
        }
    }
}

fn runner(cases: u32) -> TestRunner {
    let rng_seed = RngSeed::Fixed(7);
    TestRunner::new(Cases { cases, rng_seed, failure_persistence: None, ..Cases::default() })
}

#[test]
fn any_text_is_parsed_and_evaluated_without_a_panic() {
    runner(2_000)
        .run(&".{0,80}", |text| {
            survives(&text);
            Ok(())
        })
        .unwrap();
    // Texts of a condition's own words get further.
    let words = prop::sample::select(vec![
        "result",
        "result[0]",
        "result.a",
        "0",
        "1",
        "-9223372036854775808",
        "1e308",
        "0.5",
        "'a'",
        "nil",
        "true",
        "[",
        "]",
        "(",
        ")",
        "{",
        "}",
        "[1, 2]",
        "1..3",
        "0..9223372036854775807",
        "all(",
        "any(result, {",
        "filter(",
        "count(1..9, ",
        "#",
        ".x",
        "asInt(",
        "asFloat(",
        "isNaN(",
        "default(",
        "len(",
        "min(",
        "sum(",
        "first(",
        ",",
        "+",
        "-",
        "*",
        "/",
        "%",
        "**",
        "==",
        "!=",
        "<",
        ">=",
        "and",
        "or",
        "not",
        "in",
        "??",
        "?",
        ":",
        "contains",
        "..",
    ]);
    runner(20_000)
        .run(&prop::collection::vec(words, 1..14), |words| {
            survives(&words.join(" "));
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_comparison_evaluates_as_the_tree_does() {
    let operators = ["==", "!=", "<", "<=", ">", ">="];
    let values = [f64::NAN, f64::NEG_INFINITY, -1.0, -0.0, 0.0, 0.95, 1.0, f64::INFINITY];
    for operator in operators {
        for bound in ["0.95", "1", "-1", "0"] {
            for value in values {
                for (short, long, measured) in [
                    ("result", "(result)", Number(value)),
                    ("result[0]", "result[1 - 1]", Vector(&[value])),
                ] {
                    let holds = |text: String| Condition::parse(&text).unwrap().evaluate(measured);
                    let long = holds(format!("!!({long} {operator} {bound} + 0)"));
                    assert_eq!(holds(format!("{short} {operator} {bound}")), long);
                    let mirrored = holds(format!("{bound} {operator} {short}"));
                    assert_eq!(mirrored, holds(format!("!!({bound} + 0 {operator} {short})")));
                    assert!(!matches!(long, Err(EvaluationError::NoData)));
                }
            }
        }
    }
}
