using System.Text;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Protocol.MatchRules;

/// <summary>Whether one rule matches one message, key after key, as the specification tells it.</summary>
internal static class MatchEvaluation
{
    internal static bool Matches(MatchRule rule, in MatchSubject subject) =>
        ((rule.Keys & MatchKeys.Type) == 0 || subject.Type == rule.Type)
        && (rule.Interface.IsEmpty || subject.Interface.SequenceEqual(rule.Interface))
        && (rule.Member.IsEmpty || subject.Member.SequenceEqual(rule.Member))
        && (rule.Path.IsEmpty || MatchesPath(rule, subject.Path))
        && (rule.Sender.IsEmpty || MatchesName(rule.Sender, subject.Sender, subject.SenderNames))
        && (rule.Destination.IsEmpty || MatchesDestination(rule.Destination, subject))
        && MatchesArguments(rule, subject);

    private static bool MatchesPath(MatchRule rule, ReadOnlySpan<byte> path) =>
        (rule.Keys & MatchKeys.PathNamespace) == 0
            ? path.SequenceEqual(rule.Path)
            : !path.IsEmpty && ObjectPath.IsInNamespace(path, rule.Path);

    private static bool MatchesDestination(ReadOnlySpan<byte> wanted, in MatchSubject subject) =>
        subject.Destination.SequenceEqual(wanted) || MatchesName(wanted, subject.Recipient, subject.RecipientNames);

    private static bool MatchesName(ReadOnlySpan<byte> wanted, ReadOnlySpan<byte> uniqueName, IReadOnlyList<string>? names)
    {
        if (uniqueName.SequenceEqual(wanted))
        {
            return true;
        }

        for (int index = 0; index < (names?.Count ?? 0); index++)
        {
            if (Ascii.Equals(wanted, names![index]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool MatchesArguments(MatchRule rule, in MatchSubject subject)
    {
        if (rule.Arguments.IsEmpty)
        {
            return true;
        }

        BodyArguments arguments = new(subject.Body, subject.Signature, subject.IsBigEndian);
        foreach (ref readonly ArgumentMatch wanted in rule.Arguments)
        {
            if (!arguments.TryGet(wanted.Index, out byte type, out ReadOnlySpan<byte> value)
                || !MatchesArgument(wanted.Kind, rule.ValueOf(wanted), type, value))
            {
                return false;
            }
        }

        return true;
    }

    private static bool MatchesArgument(ArgumentMatchKind kind, ReadOnlySpan<byte> wanted, byte type, ReadOnlySpan<byte> value) => kind switch
    {
        ArgumentMatchKind.Exact => type == WireType.String && value.SequenceEqual(wanted),
        ArgumentMatchKind.Path => type is WireType.String or WireType.ObjectPath
            && (value.SequenceEqual(wanted) || IsDirectoryOf(value, wanted) || IsDirectoryOf(wanted, value)),
        _ => type == WireType.String
            && value.StartsWith(wanted)
            && (value.Length == wanted.Length || value[wanted.Length] == (byte)'.'),
    };

    private static bool IsDirectoryOf(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> path) =>
        directory.EndsWith("/"u8) && path.StartsWith(directory);
}
