using System.Globalization;
using System.Text;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Protocol.MatchRules;

/// <summary>Writes rules, always with the same order of keys and with all values in quotes.</summary>
internal static class MatchRuleText
{
    internal static string Of(MatchRule rule)
    {
        StringBuilder text = new();
        if (rule.Type != MessageType.Invalid)
        {
            Append(text, "type", NameOf(rule.Type));
        }

        AppendIfAny(text, "sender", rule.Sender);
        AppendIfAny(text, "interface", rule.Interface);
        AppendIfAny(text, "member", rule.Member);
        AppendIfAny(text, (rule.Keys & MatchKeys.PathNamespace) != 0 ? "path_namespace" : "path", rule.Path);
        AppendIfAny(text, "destination", rule.Destination);
        foreach (ref readonly ArgumentMatch argument in rule.Arguments)
        {
            Append(text, NameOf(argument), rule.ValueOf(argument));
        }

        if (rule.Eavesdrops)
        {
            Append(text, "eavesdrop", "true"u8);
        }

        return text.ToString();
    }

    private static ReadOnlySpan<byte> NameOf(MessageType type) => type switch
    {
        MessageType.MethodCall => "method_call"u8,
        MessageType.MethodReturn => "method_return"u8,
        MessageType.Error => "error"u8,
        _ => "signal"u8,
    };

    private static string NameOf(in ArgumentMatch argument) => string.Create(
        CultureInfo.InvariantCulture,
        $"arg{argument.Index}{argument.Kind switch { ArgumentMatchKind.Path => "path", ArgumentMatchKind.Namespace => "namespace", _ => "" }}");

    private static void AppendIfAny(StringBuilder text, string key, ReadOnlySpan<byte> value)
    {
        if (!value.IsEmpty)
        {
            Append(text, key, value);
        }
    }

    private static void Append(StringBuilder text, string key, ReadOnlySpan<byte> value)
    {
        if (text.Length > 0)
        {
            text.Append(',');
        }

        text.Append(key).Append("='").Append(StrictUtf8.Instance.GetString(value).Replace("'", @"'\''", StringComparison.Ordinal)).Append('\'');
    }
}
