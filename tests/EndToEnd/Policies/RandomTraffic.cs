using System.Globalization;
using System.Text.RegularExpressions;
using XcpBroker.EndToEnd.Conversations;

namespace XcpBroker.EndToEnd.Policies;

/// <summary>Says what peers A, B and C do next: they own names, call, signal, and answer what has come.</summary>
internal sealed partial class RandomTraffic(Random random)
{
    private static readonly string[] Letters = ["A", "B", "C"];
    private readonly Queue<(string Callee, string Caller, string Serial)> _unanswered = new();
    private int _serial = 100;

    /// <summary>A and B take descriptors, C does not; all hear broadcasts, C also what is for others, if it may.</summary>
    internal static Step Beginning { get; } = Make(
    [
        ("A", "join fds"),
        ("B", "join fds"),
        ("A", "bus AddMatch s \"type='signal'\""),
        ("B", "bus AddMatch s \"type='signal'\""),
        ("C", "bus AddMatch s \"eavesdrop='true'\""),
    ]);

    /// <summary>The step that answers a call, as lines about it have told, or another.</summary>
    internal Step Next()
    {
        if (_unanswered.TryDequeue(out (string Callee, string Caller, string Serial) call) && random.Next(4) > 0)
        {
            string kind = random.Next(2) == 0 ? "return" : $"error {Any(RandomPolicy.Errors)}";
            return Make([(call.Callee, $"{kind} re={call.Serial} to=:{call.Caller}{Descriptors(call.Callee)} s \"x\"")]);
        }

        return Make([random.Next(6) switch
        {
            0 => (Any(Letters), $"bus RequestName su \"{Any(RandomPolicy.Names)}\" 0"),
            1 => (Any(Letters), $"bus ReleaseName s \"{Any(RandomPolicy.Names)}\""),
            2 => Message("signal", "", isInterfaceNeeded: true),
            3 => Message("signal", $"to=:{Any(Letters)}", isInterfaceNeeded: true),
            4 => Message("call", $"to={Any(RandomPolicy.Names)}", isInterfaceNeeded: false),
            _ => Message("call", $"to=:{Any(Letters)}", isInterfaceNeeded: false),
        }]);
    }

    /// <summary>Remembers calls that have reached somebody, in lines that are ordered by peer.</summary>
    internal void Note(IEnumerable<string> heard)
    {
        // C may have a copy of what is for another: then the other has it too.
        foreach (Match call in heard.Select(line => Call().Match(line)).Where(match => match.Success).DistinctBy(match => match.Groups[2].Value))
        {
            _unanswered.Enqueue((call.Groups[1].Value, call.Groups[3].Value, call.Groups[2].Value));
        }
    }

    [GeneratedRegex("^([A-C])< call serial=([0-9]+) from=:([A-C])")]
    private static partial Regex Call();

    private static Step Make((string Peer, string Text)[] actions) =>
        new(0, [.. actions.Select(action => new ScriptAction(action.Peer, action.Text, IsHeld: false))], [], []);

    private (string Peer, string Text) Message(string kind, string destination, bool isInterfaceNeeded)
    {
        string peer = Any(Letters);
        string @interface = isInterfaceNeeded || random.Next(3) > 0 ? $" interface={Any(RandomPolicy.Interfaces)}" : "";
        string serial = (++_serial).ToString(CultureInfo.InvariantCulture);
        string head = $"{kind} serial={serial} {destination} path={Any(RandomPolicy.Paths)}{@interface} member={Any(RandomPolicy.Members)}";
        return (peer, $"{head}{Descriptors(peer)}");
    }

    private string Descriptors(string peer) => peer != "C" && random.Next(6) == 0 ? $" fds={random.Next(1, 4)}" : "";

    private string Any(string[] values) => values[random.Next(values.Length)];
}
