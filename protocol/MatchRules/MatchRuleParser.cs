using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Protocol.MatchRules;

/// <summary>Reads the text of AddMatch, RemoveMatch and BecomeMonitor.</summary>
/// <remarks>
/// Where dbus-daemon and dbus-broker differ: tests/vectors/matchrules.tsv. Spec: message-bus-routing-match-rules.
/// </remarks>
public static class MatchRuleParser
{
    private const int MaxStackText = MatchRule.MaxTextLength;

    /// <summary>Reads one rule. The empty text is a rule that matches everything.</summary>
    /// <param name="text">The text; <see cref="MatchRule.MaxTextLength"/> is for the caller to check.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="error">One sentence for the caller of AddMatch; names the key and the value that are wrong.</param>
    /// <returns>False for a text that is no rule (MatchRuleInvalid).</returns>
    public static bool TryParse(ReadOnlySpan<byte> text, out MatchRule? rule, out string? error)
    {
        rule = null;
        if (text.Length > ushort.MaxValue)
        {
            error = $"Match rule text is {text.Length} bytes, maximum is {MatchRule.MaxTextLength}";
            return false;
        }

        if (!StrictUtf8.IsValid(text))
        {
            error = "Match rule text is not valid UTF-8";
            return false;
        }

        Span<byte> values = text.Length <= MaxStackText ? stackalloc byte[MaxStackText] : new byte[text.Length];
        MatchRuleDraft draft = new(values);
        error = ReadPairs(text, ref draft);
        if (error is null)
        {
            rule = draft.ToRule();
        }

        return error is null;
    }

    private static string? ReadPairs(ReadOnlySpan<byte> rest, ref MatchRuleDraft draft)
    {
        while (true)
        {
            rest = SkipWhitespace(rest);
            if (rest.IsEmpty)
            {
                return null;
            }

            string? error = ReadKey(ref rest, out ReadOnlySpan<byte> key) ?? ReadValue(ref rest, key, ref draft) ?? draft.Set(key);
            if (error is not null)
            {
                return error;
            }
        }
    }

    private static string? ReadKey(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> key)
    {
        int length = rest.IndexOfAny("= \t\r\n"u8);
        key = length < 0 ? rest : rest[..length];
        rest = SkipWhitespace(rest[key.Length..]);
        if (rest.IsEmpty || rest[0] != (byte)'=')
        {
            return $"Key '{StrictUtf8.Instance.GetString(key)}' in match rule has no '=' behind it";
        }

        rest = rest[1..];
        return key.IsEmpty ? $"Match rule has no key before '={StrictUtf8.Instance.GetString(rest)}'" : null;
    }

    /// <summary>Appends the value to the draft and moves behind the comma that ends it.</summary>
    private static string? ReadValue(ref ReadOnlySpan<byte> rest, scoped ReadOnlySpan<byte> key, ref MatchRuleDraft draft)
    {
        ReadOnlySpan<byte> whole = rest;
        draft.BeginValue();
        bool isQuoted = false;
        for (int index = 0; index < whole.Length; index++)
        {
            byte next = whole[index];
            if (next == (byte)'\'')
            {
                isQuoted = !isQuoted;
            }
            else if (next == (byte)',' && !isQuoted)
            {
                rest = whole[(index + 1)..];
                return null;
            }
            else if (next == (byte)'\\' && !isQuoted && whole[(index + 1)..].StartsWith("'"u8))
            {
                draft.AppendToValue((byte)'\'');
                index++;
            }
            else
            {
                draft.AppendToValue(next);
            }
        }

        rest = default;
        return isQuoted
            ? $"Unbalanced quotation marks in match rule: {StrictUtf8.Instance.GetString(key)}={StrictUtf8.Instance.GetString(whole)}"
            : null;
    }

    private static ReadOnlySpan<byte> SkipWhitespace(ReadOnlySpan<byte> text) => text.TrimStart(" \t\r\n"u8);
}
