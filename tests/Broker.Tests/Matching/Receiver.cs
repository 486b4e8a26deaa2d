using System.Text;
using XcpBroker.Matching;
using XcpBroker.Protocol.MatchRules;

namespace XcpBroker.Broker.Tests.Matching;

internal sealed class Receiver(int number)
{
    internal int Number { get; } = number;

    public override string ToString() => $"receiver {Number}";
}

internal static class Rules
{
    internal static MatchRule Parse(string text) =>
        MatchRuleParser.TryParse(Encoding.ASCII.GetBytes(text), out MatchRule? rule, out string? error)
            ? rule!
            : throw new ArgumentException($"{text}: {error}", nameof(text));

    internal static List<Receiver> Collect(this MatchIndex<Receiver> index, MatchedMessage message)
    {
        List<Receiver> receivers = [];
        _ = index.Collect(message.Subject, receivers);
        return receivers;
    }
}
