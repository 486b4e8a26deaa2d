using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Conversations;

/// <summary>Plays one conversation on one broker: runs what peers say and collects what they hear.</summary>
/// <remarks>Nothing waits for time to pass: an observer, and barriers (calls whose replies come behind all that was sent before), tell
/// when everything is heard.</remarks>
internal sealed partial class Stage : IDisposable
{
    private readonly BrokerProcess _broker;
    private readonly MessagePrinter _printer;
    private readonly Actor _observer;
    private readonly SortedDictionary<string, Actor> _actors = new(StringComparer.Ordinal);
    private readonly bool _isBigEndian;

    internal Stage(BrokerProcess broker, Conversation conversation, bool isBigEndian)
    {
        _broker = broker;
        _isBigEndian = isBigEndian;
        _printer = new MessagePrinter(broker.Pid);
        _observer = new Actor("observer", broker.Address, _printer);
        Join(_observer, passDescriptors: false);
        Run("bus AddMatch s \"type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'\"", _observer);
        foreach (string letter in conversation.Peers)
        {
            _actors[letter] = new Actor(letter, broker.Address, _printer);
            if (!conversation.StartsAbsent(letter))
            {
                Join(_actors[letter], passDescriptors: false);
            }
        }

        _ = HearAll();
    }

    /// <summary>Runs the actions of one step and returns what each peer heard, in lines "A&lt; ...".</summary>
    internal IReadOnlyList<string> Play(Step step)
    {
        foreach (ScriptAction action in step.Actions)
        {
            Run(Expand(action.Text), _actors[action.Peer], action.IsHeld);
        }

        return HearAll();
    }

    public void Dispose()
    {
        foreach (Actor actor in _actors.Values)
        {
            actor.Dispose();
        }

        _observer.Dispose();
    }

    [GeneratedRegex(@"\$\{([^}*]+)\*(\d+)\}")]
    private static partial Regex Repetition();

    /// <summary>${x*3} is xxx, ${uid} the user in hex, ${pid} this process, :A the unique name of A.</summary>
    private string Expand(string text)
    {
        string user = Convert.ToHexStringLower(Encoding.ASCII.GetBytes(MessagePrinter.UserId));
        text = text.Replace("${uid}", user, StringComparison.Ordinal)
            .Replace("${pid}", Environment.ProcessId.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        text = Repetition().Replace(text, match =>
            string.Concat(Enumerable.Repeat(match.Groups[1].Value, int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture))));
        return Conversation.PeerReference().Replace(text, match => _actors[match.Groups[1].Value].UniqueName);
    }

    private void Run(string text, Actor actor, bool isHeld = false)
    {
        TextScanner scanner = new(text);
        string verb = scanner.Word();
        switch (verb)
        {
            case "open":
                actor.Open();
                break;
            case "connect":
                actor.Authenticate(scanner.Rest() == "fds");
                break;
            case "join":
                Join(actor, scanner.Rest() == "fds");
                break;
            case "say":
                Speak(actor, Encoding.Latin1.GetBytes(scanner.Word()), isHeld);
                break;
            case "line":
                Speak(actor, Encoding.Latin1.GetBytes(scanner.Rest() + "\r\n"), isHeld: false);
                actor.HearLines(1);
                break;
            case "hear":
                actor.Send([]);
                actor.HearLines(int.Parse(scanner.Word(), CultureInfo.InvariantCulture));
                break;
            case "talk":
                actor.State = actor.State == ActorState.Gone ? ActorState.Gone : ActorState.Talking;
                break;
            case "raw":
                Speak(actor, Convert.FromHexString(scanner.Rest().Replace(" ", "", StringComparison.Ordinal)), isHeld);
                break;
            case "monitor":
                Monitor(actor, scanner);
                break;
            case "end":
                actor.EndSending();
                actor.HearUntilEnd();
                break;
            case "close":
                actor.Close();
                break;
            default:
                Speak(actor, new MessageComposer(scanner, _isBigEndian).Compose(verb, actor.NextSerial()), isHeld);
                break;
        }

        if (!isHeld)
        {
            Settle(actor, hasSpoken: verb != "monitor");
        }
    }

    /// <summary>Connects and says Hello, without a word in the transcript.</summary>
    private void Join(Actor actor, bool passDescriptors)
    {
        actor.Authenticate(passDescriptors);
        Speak(actor, new MessageComposer(new TextScanner("Hello"), _isBigEndian).Compose("bus", actor.NextSerial()), isHeld: false);
        _ = actor.Barrier();
        actor.Heard.Clear();
    }

    private static void Speak(Actor actor, byte[] bytes, bool isHeld)
    {
        if (isHeld)
        {
            actor.Hold(bytes);
        }
        else
        {
            actor.Send(bytes);
        }
    }

    private void Speak(Actor actor, SpokenMessage message, bool isHeld)
    {
        _printer.Remember(actor.UniqueName, message);
        if (isHeld)
        {
            actor.Hold(message.Bytes);
            return;
        }

        using FileStream nothing = File.OpenRead("/dev/null");
        int[] descriptors = [.. Enumerable.Repeat((int)nothing.SafeFileHandle.DangerousGetHandle(), message.Descriptors)];
        if (message.IsSlow)
        {
            actor.SendSlowly(message.Bytes, descriptors);
        }
        else
        {
            actor.Send(message.Bytes, descriptors);
        }
    }

    /// <summary>BecomeMonitor with the rules of the line (as [...]), and one that lets barriers through where there are rules.</summary>
    private void Monitor(Actor actor, TextScanner scanner)
    {
        string rules = scanner.Rest().Trim('[', ']');
        string all = rules.Length == 0 ? "" : $"{rules} \"type='method_call',path='/barrier'\"";
        string call = $"interface=org.freedesktop.DBus.Monitoring BecomeMonitor asu [{all}] 0";
        SpokenMessage message = new MessageComposer(new TextScanner(call), _isBigEndian).Compose("bus", actor.NextSerial());
        Speak(actor, message, isHeld: false);
        actor.HearReply(message.Serial);
        if (actor.Heard is [.., "return"])
        {
            actor.State = ActorState.Listening;
        }
    }

    /// <summary>Waits until the broker has done what the actor's last action asked for.</summary>
    private void Settle(Actor actor, bool hasSpoken = false)
    {
        if (actor.State == ActorState.Talking)
        {
            _ = actor.Barrier();
        }

        if (actor.State == ActorState.Listening && hasSpoken)
        {
            actor.HearUntilEnd();
        }

        if (actor is { State: ActorState.Gone, UniqueName.Length: > 0 })
        {
            _observer.HearUntilLeft(actor.UniqueName);
        }
    }

    private List<string> HearAll()
    {
        for (int gone = -1; gone != CountGone();)
        {
            gone = CountGone();
            uint serial = _observer.Barrier();
            foreach (Actor actor in _actors.Values)
            {
                if (actor.State == ActorState.Listening)
                {
                    actor.HearUntilBarrier(_observer.UniqueName, serial);
                }

                Settle(actor);
            }
        }

        if (_broker.HasExited)
        {
            throw new InvalidOperationException($"{_broker.Name} ended with {_broker.ExitCode}: {_broker.Log}");
        }

        List<string> heard = [];
        foreach (Actor actor in _actors.Values)
        {
            heard.AddRange(actor.Heard.Select(line => $"{actor.Letter}< {line}"));
            actor.Heard.Clear();
        }

        return heard;
    }

    private int CountGone() => _actors.Values.Count(actor => actor.State == ActorState.Gone);
}
