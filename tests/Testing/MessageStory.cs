using System.Globalization;
using System.Text;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Testing;

/// <summary>Says in one short line what a message is, so that a test can say what a peer hears and in which order.</summary>
/// <remarks>
/// <c>Member(a,b)</c> for a signal, <c>call 3 Member(a)</c>, <c>return 3(a)</c> and <c>error 3 NoReply</c> with the serial of the call.
/// </remarks>
internal static class MessageStory
{
    internal static string Tell(this PeerMessage message) => message.Type switch
    {
        1 => $"call {message.Serial} {message.Member}({message.ArgumentsText()})",
        2 => $"return {message.ReplySerial}({message.ArgumentsText()})",
        3 => $"error {message.ReplySerial} {message.ErrorName!.Replace("org.freedesktop.DBus.Error.", null, StringComparison.Ordinal)}",
        4 => $"{message.Member}({message.ArgumentsText()})",
        _ => $"type {message.Type}",
    };

    internal static string ArgumentsText(this PeerMessage message) => string.Join(',', message.Arguments());

    /// <summary>The arguments, each of one letter or an array of these: an array is one text in brackets, a variant of more its type.</summary>
    internal static IEnumerable<string> Arguments(this PeerMessage message)
    {
        List<string> arguments = [];
        WireReader reader = new(message.Body, message.IsBigEndian);
        ReadOnlySpan<char> signature = message.Signature;
        while (!signature.IsEmpty)
        {
            int length = signature[0] == 'a' ? 2 : 1;
            arguments.Add(Read(ref reader, signature[..length]));
            signature = signature[length..];
        }

        return arguments;
    }

    /// <summary>The strings of a reply of signature <c>as</c>.</summary>
    internal static IReadOnlyList<string> Strings(this PeerMessage message)
    {
        List<string> strings = [];
        WireReader reader = new(message.Body, message.IsBigEndian);
        int end = reader.ReadArrayStart(4);
        while (reader.MoreUntil(end))
        {
            strings.Add(Text(reader.ReadString()));
        }

        return strings;
    }

    /// <summary>A reply of signature <c>a{sv}</c>.</summary>
    internal static IReadOnlyDictionary<string, string> Dictionary(this PeerMessage message)
    {
        Dictionary<string, string> entries = [];
        WireReader reader = new(message.Body, message.IsBigEndian);
        int end = reader.ReadArrayStart(8);
        while (reader.MoreUntil(end))
        {
            reader.AlignStruct();
            string key = Text(reader.ReadString());
            entries.Add(key, Read(ref reader, "v"));
        }

        return entries;
    }

    internal static uint Number(this PeerMessage message) => new WireReader(message.Body, message.IsBigEndian).ReadUInt32();

    private static string Read(ref WireReader reader, ReadOnlySpan<char> type) => type switch
    {
        "y" => reader.ReadByte().ToString(CultureInfo.InvariantCulture),
        "b" => reader.ReadBoolean() ? "true" : "false",
        "u" or "h" => reader.ReadUInt32().ToString(CultureInfo.InvariantCulture),
        "t" => reader.ReadUInt64().ToString(CultureInfo.InvariantCulture),
        "s" or "o" => Text(reader.ReadString()),
        "g" => Text(reader.ReadSignature()),
        "v" => Read(ref reader, Text(reader.ReadSignature())),
        "as" => ReadArray(ref reader, 4, "s"),
        "au" => ReadArray(ref reader, 4, "u"),
        "ay" => ReadArray(ref reader, 1, "y"),
        _ => Skip(ref reader, type),
    };

    private static string Skip(ref WireReader reader, ReadOnlySpan<char> type)
    {
        reader.SkipValue(Encoding.ASCII.GetBytes(type.ToString()));
        return $"({type})";
    }

    private static string ReadArray(ref WireReader reader, int alignment, string element)
    {
        List<string> elements = [];
        int end = reader.ReadArrayStart(alignment);
        while (reader.MoreUntil(end))
        {
            elements.Add(Read(ref reader, element));
        }

        return $"[{string.Join(' ', elements)}]";
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
