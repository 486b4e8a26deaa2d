using System.Text.RegularExpressions;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Conversations;

/// <summary>What a peer does: "A&gt; text", or "A&gt;&gt; text" to keep the bytes back for the next write.</summary>
internal sealed record ScriptAction(string Peer, string Text, bool IsHeld);

/// <summary>What brokers send instead of the expected lines, and the row of docs/differences.md that gives the reason.</summary>
internal sealed record Alternative(IReadOnlyList<string> Brokers, string Difference, IReadOnlyList<string> Lines);

/// <summary>Actions, and what all peers hear of them.</summary>
internal sealed record Step(
    int LineNumber,
    IReadOnlyList<ScriptAction> Actions,
    IReadOnlyList<string> Expected,
    IReadOnlyList<Alternative> Alternatives)
{
    /// <summary>What a broker does instead; "dbus-daemon/big" is one that does so to big-endian peers only.</summary>
    internal Alternative? For(string broker, string order) =>
        Alternatives.FirstOrDefault(alternative => alternative.Brokers.Contains($"{broker}/{order}"))
        ?? Alternatives.FirstOrDefault(alternative => alternative.Brokers.Contains(broker));

    /// <summary>The lines in the order of a transcript: by peer, in the order in which each hears them.</summary>
    internal IReadOnlyList<string> ExpectedOf(string broker, string order) =>
        [.. (For(broker, order)?.Lines ?? Expected).OrderBy(line => line[..1], StringComparer.Ordinal)];
}

/// <summary>A conversation of tests/vectors/conversations: peers, what they say, what they hear.</summary>
internal sealed partial record Conversation
{
    private static readonly string[] Entrances = ["open", "connect", "join"];

    internal required string File { get; init; }

    internal required string Title { get; init; }

    internal required IReadOnlyList<Step> Steps { get; init; }

    /// <summary>Limits the broker is started with, by dbus-daemon's names.</summary>
    internal required IReadOnlyDictionary<string, long> Limits { get; init; }

    /// <summary>Elements of the configuration file that the broker is started with, or null.</summary>
    internal string? Configuration { get; init; }

    /// <summary>Brokers that cannot have it, and the row of docs/differences.md that says why.</summary>
    internal required IReadOnlyDictionary<string, string> Except { get; init; }

    /// <summary>Who it is played on. dbus-broker's launcher, which reads configuration files, needs systemd.</summary>
    internal IEnumerable<string> Brokers =>
        ConversationFile.AllBrokers.Except(Except.Keys).Where(broker => Configuration is null || broker != "dbus-broker");

    /// <summary>A, B, C ... as far as they speak or are spoken to.</summary>
    internal IEnumerable<string> Peers => Steps
        .SelectMany(step => step.Actions)
        .SelectMany(action => PeerReference().Matches(action.Text).Select(match => match.Groups[1].Value).Append(action.Peer))
        .Distinct()
        .Order(StringComparer.Ordinal);

    /// <summary>A peer that does not connect itself is on the bus from the start.</summary>
    internal bool StartsAbsent(string peer)
    {
        ScriptAction? first = Steps.SelectMany(step => step.Actions).FirstOrDefault(action => action.Peer == peer);
        return Entrances.Contains(first?.Text.Split(' ')[0]);
    }

    /// <summary>:A, in an action.</summary>
    [GeneratedRegex(@":([A-Z])(?![\w])")]
    internal static partial Regex PeerReference();

    /// <summary>A broker that can have it, started with what it asks for.</summary>
    internal BrokerProcess Start(string broker) => TestBroker.Start(broker, Limits, Configuration);

    public override string ToString() => $"{File}: {Title}";
}
