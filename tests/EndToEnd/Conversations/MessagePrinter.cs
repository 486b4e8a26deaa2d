using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using XcpBroker.Peers.Raw;

namespace XcpBroker.EndToEnd.Conversations;

/// <summary>Turns received messages into lines that are the same on every broker that behaves the same.</summary>
/// <remarks>Left out: what may differ freely (serials of the bus, texts of its errors) and what is as expected (sender = the bus,
/// destination = the receiver, flags = NO_REPLY_EXPECTED on messages of the bus). Names of peers become :A, ids GUID, PID, UID.</remarks>
internal sealed partial class MessagePrinter(int brokerPid)
{
    internal const string Bus = "org.freedesktop.DBus";
    private const string ErrorPrefix = "org.freedesktop.DBus.Error.";
    private const int UnixFdsField = 9;
    private readonly Dictionary<(string Sender, uint Serial), SpokenMessage> _spoken = [];
    private readonly Dictionary<string, string> _names = [];

    /// <summary>Our effective user, in decimal.</summary>
    internal static string UserId { get; } =
        File.ReadLines("/proc/self/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[2];

    /// <summary>From now on that unique name is shown as a letter, and what was said before there was one is that peer's.</summary>
    internal void Introduce(string uniqueName, string letter)
    {
        _names[uniqueName] = $":{letter}";
        foreach ((string, uint Serial) key in _spoken.Keys.Where(key => key.Sender.Length == 0).ToArray())
        {
            _ = _spoken.Remove(key, out SpokenMessage? message);
            _spoken[(uniqueName, key.Serial)] = message!;
        }
    }

    internal void Remember(string sender, SpokenMessage message) => _spoken[(sender, message.Serial)] = message;

    internal SpokenMessage? Said(string sender, uint serial) => _spoken.GetValueOrDefault((sender, serial));

    /// <summary>One received message as a line; the receiver is a unique name.</summary>
    internal string Print(PeerMessage message, string receiver)
    {
        string sender = message.Sender ?? "none";
        string destination = message.Destination ?? "none";
        StringBuilder line = new(TypeWord(message));
        SpokenMessage? original = Said(sender, message.Serial);
        string caller = destination.StartsWith(':') && receiver.Length > 0 ? destination : receiver;
        AppendReference(line, message, caller);
        Append(line, "serial", original is { IsSerialShown: true }, message.Serial);
        Append(line, "serial", sender.StartsWith(':') && original is null, "unknown");
        Append(line, "from", sender != Bus, sender);
        AppendDestination(line, message, destination, receiver);
        bool isUsual = sender == Bus && message.Path == "/org/freedesktop/DBus" && message.Interface == Bus;
        Append(line, "path", message.Path is not null && !isUsual, message.Path);
        Append(line, "interface", message.Interface is not null && !isUsual, message.Interface);
        Append(line, "member", message.Member is not null && !isUsual, message.Member);
        _ = isUsual ? line.Append(' ').Append(message.Member) : line;
        Append(line, "flags", message.Flags != (message.Sender is Bus or null ? 1 : 0), $"0x{message.Flags:x2}");
        AppendFields(line, message);
        Append(line, "body", original is not null && !IsSame(original, message), "changed");
        return Tame(line.Append(Body(message, caller)).ToString());
    }

    /// <summary>A line of the authentication conversation.</summary>
    internal static string PrintLine(string line) => line switch
    {
        _ when OkLine().IsMatch(line) => "OK GUID",
        _ when line.StartsWith("ERROR", StringComparison.Ordinal) => "ERROR",
        _ => line.TrimEnd(),
    };

    [GeneratedRegex(@"^OK [0-9a-f]{32}$")]
    private static partial Regex OkLine();

    [GeneratedRegex(@"(?<![\w.]):\d+\.\d+(?![\w.])")]
    private static partial Regex UniqueName();

    [GeneratedRegex("\"[0-9a-f]{32}\"")]
    private static partial Regex Guid();

    private static string TypeWord(PeerMessage message) => message.Type switch
    {
        1 => "call",
        2 => "return",
        3 when message.ErrorName!.StartsWith(ErrorPrefix, StringComparison.Ordinal) =>
            $"error E.{message.ErrorName[ErrorPrefix.Length..]}",
        3 => $"error {message.ErrorName}",
        4 => "signal",
        _ => $"type-{message.Type}",
    };

    private static void Append(StringBuilder line, string key, bool isShown, object? value) =>
        _ = isShown ? line.Append(CultureInfo.InvariantCulture, $" {key}={value}") : line;

    private static void AppendDestination(StringBuilder line, PeerMessage message, string destination, string receiver)
    {
        bool isBroadcast = message.Type == 4 && destination == "none";
        bool isUsual = destination == receiver || receiver.Length == 0 || (isBroadcast && message.Sender == Bus);
        _ = isBroadcast && !isUsual ? line.Append(" broadcast") : line;
        Append(line, "to", !isUsual && !isBroadcast, destination);
    }

    private static bool IsSame(SpokenMessage original, PeerMessage received) =>
        original.Bytes[0] == received.Bytes[0]
        && original.Bytes.AsSpan(original.Bytes.Length - original.BodyLength).SequenceEqual(received.Body);

    private void AppendReference(StringBuilder line, PeerMessage message, string caller)
    {
        if (message.Type is not (2 or 3))
        {
            return;
        }

        SpokenMessage? call = Said(caller, message.ReplySerial);
        Append(line, "re", call is null or { IsSerialShown: true }, call is null ? "unknown" : call.Serial);
    }

    private static void AppendFields(StringBuilder line, PeerMessage message)
    {
        Append(line, "fds", message.Descriptors.Count > 0, message.Descriptors.Count);
        bool isWrong = message.FieldCodes.Contains((byte)UnixFdsField) && message.UnixFds != message.Descriptors.Count;
        Append(line, "unix-fds", isWrong, message.UnixFds);
        foreach (byte code in message.FieldCodes.Where(code => code > UnixFdsField))
        {
            Append(line, $"field.{code}", true, "kept");
        }
    }

    private string Body(PeerMessage message, string caller)
    {
        if (message.Signature.Length == 0 || (message.Type == 3 && message.Sender is Bus or null && message.Signature == "s"))
        {
            return "";
        }

        string shown = message.Type == 2 ? Said(caller, message.ReplySerial)?.ReplyShown ?? "" : "";
        string values = ValueText.Read(new WireInput(message.Body.ToArray(), message.IsBigEndian), message.Signature);
        return shown switch
        {
            "type" => $" {message.Signature} ...",
            "keys" => $" {message.Signature} {string.Join(' ', Keys(values).Order(StringComparer.Ordinal))}",
            "sorted" => $" {message.Signature} {string.Join(' ', Elements(values).Order(StringComparer.Ordinal))}",
            "process" => $" {message.Signature} {Process(values.Trim())}",
            _ => $" {message.Signature}{values}",
        };
    }

    private IEnumerable<string> Elements(string array) => array.Trim(' ', '[', ']').Split(' ').Select(Tame);

    /// <summary>Brackets, and keys of dictionaries with the brace before them.</summary>
    [GeneratedRegex("{(\"[^\"]*\")|\"(?:[^\"\\\\]|\\\\.)*\"|[\\[({<]|[\\])}>]")]
    private static partial Regex BracketOrKey();

    /// <summary>The keys of the outermost dictionary.</summary>
    private static IEnumerable<string> Keys(string values)
    {
        int depth = 0;
        foreach (Match match in BracketOrKey().Matches(values))
        {
            if (depth == 1 && match.Groups[1].Success)
            {
                yield return match.Groups[1].Value;
            }

            depth += match.Value[0] switch
            {
                '[' or '(' or '{' or '<' => 1,
                ']' or ')' or '}' or '>' => -1,
                _ => 0,
            };
        }
    }

    private string Process(string id) =>
        id == brokerPid.ToString(CultureInfo.InvariantCulture) ? "PID-OF-BUS"
        : id == Environment.ProcessId.ToString(CultureInfo.InvariantCulture) ? "PID"
        : id == UserId ? "UID"
        : id;

    [GeneratedRegex(@"(.{1,3}?)\1{19,}")]
    private static partial Regex Run();

    private string Tame(string text)
    {
        string named = UniqueName().Replace(text, match => _names.GetValueOrDefault(match.Value, ":?"));
        return Run().Replace(Guid().Replace(named, "GUID"), run => $"${{{run.Groups[1].Value}*{run.Length / run.Groups[1].Length}}}");
    }
}
