using System.Diagnostics.CodeAnalysis;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Config.Services;

/// <summary>The text of X-XCP-Subscribe=: match rules with ';' between them.</summary>
/// <remarks>A rule is written as for AddMatch (specification, "Match Rules"); a ';' within its apostrophes is its own, as is one behind a backslash.</remarks>
public static class SubscriptionText
{
    /// <summary>No name has more of them.</summary>
    public const int MaxRules = 64;

    private const MatchKeys Senseless = MatchKeys.Destination | MatchKeys.Eavesdrop;

    private static readonly char[] Blanks = [' ', '\t', '\r', '\n'];

    /// <summary>Reads the rules.</summary>
    /// <param name="text">At least one rule.</param>
    /// <param name="rules">Each is about signals that are for all.</param>
    /// <param name="error">What is wrong.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out IReadOnlyList<MatchRule>? rules, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<MatchRule> read = [];
        rules = null;
        foreach (string part in Split(text))
        {
            if (read.Count == MaxRules)
            {
                error = $"there are more than {MaxRules} rules";
                return false;
            }

            if (!TryParseRule(part, out MatchRule? rule, out error))
            {
                return false;
            }

            read.Add(rule);
        }

        rules = read;
        error = null;
        return true;
    }

    private static bool TryParseRule(string text, [NotNullWhen(true)] out MatchRule? rule, [NotNullWhen(false)] out string? error)
    {
        rule = null;
        byte[] bytes = StrictUtf8.Instance.GetBytes(text);
        if (text.Length == 0 || bytes.Length > MatchRule.MaxTextLength)
        {
            error = text.Length == 0 ? "a rule is empty, and would match everything" : $"a rule is longer than {MatchRule.MaxTextLength} bytes";
            return false;
        }

        if (!MatchRuleParser.TryParse(bytes, out MatchRule? read, out error))
        {
            error = $"'{text}': {error}";
            return false;
        }

        if (read!.Keys == MatchKeys.None && read.Arguments.IsEmpty)
        {
            error = "a rule is empty, and would match everything";
            return false;
        }

        error = read.Type is not (MessageType.Invalid or MessageType.Signal) || (read.Keys & Senseless) != 0
            ? $"'{text}': only signals that are for all are held, so no other type, no destination and no eavesdrop"
            : null;
        rule = error is null ? read : null;
        return error is null;
    }

    private static IEnumerable<string> Split(string text)
    {
        int start = 0;
        bool isQuoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char letter = text[i];
            if (letter == '\'')
            {
                isQuoted = !isQuoted;
            }
            else if (!isQuoted && letter == '\\')
            {
                i++;
            }
            else if (!isQuoted && letter == ';')
            {
                yield return text[start..i].Trim(Blanks);
                start = i + 1;
            }
        }

        // As with systemd's lists, the last one may be closed too.
        string last = text[start..].Trim(Blanks);
        if (last.Length > 0 || start == 0)
        {
            yield return last;
        }
    }
}
