using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.MatchRules;

namespace XcpBroker.Fuzz.Targets;

/// <summary>What is taken for a rule has a canonical text that is taken for the same rule.</summary>
internal sealed class MatchRuleTarget : IFuzzTarget
{
    public static string Name => "matchrules";

    public static string Corpus => "matchrules.tsv";

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        bool isRule = MatchRuleParser.TryParse(input, out MatchRule? rule, out string? error);
        FuzzFailure.Unless(isRule == (rule is not null) && isRule == (error is null), "a rule or an error, never both");
        if (rule is null)
        {
            return;
        }

        string canonical = rule.ToString();
        FuzzFailure.Unless(
            MatchRuleParser.TryParse(StrictUtf8.Instance.GetBytes(canonical), out MatchRule? again, out _), "canonical text is no rule");
        FuzzFailure.Unless(again!.Equals(rule) && again.GetHashCode() == rule.GetHashCode(), "canonical text is another rule");
        FuzzFailure.Unless(again.ToString() == canonical, "canonical text is not canonical");
    }
}
