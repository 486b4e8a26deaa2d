using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Testing;

/// <summary>Arguments as objects: bool, uint, ulong, string; arrays and structs are object[].</summary>
internal static class MessageValues
{
    /// <summary>All arguments of a message, which may have these types only.</summary>
    internal static object[] Values(this PeerMessage message)
    {
        WireReader reader = new(message.Body, message.IsBigEndian);
        List<object> values = [];
        for (ReadOnlySpan<char> left = message.Signature; !left.IsEmpty;)
        {
            values.Add(Read(ref reader, ref left));
        }

        return reader.AtEnd ? [.. values] : throw new InvalidOperationException($"arguments do not end where they should: {message}");
    }

    private static object Read(ref WireReader reader, ref ReadOnlySpan<char> signature)
    {
        char type = signature[0];
        signature = signature[1..];
        return type switch
        {
            'b' => reader.ReadBoolean(),
            'u' => reader.ReadUInt32(),
            't' => reader.ReadUInt64(),
            's' => StrictUtf8.Instance.GetString(reader.ReadString()),
            'a' => ReadArray(ref reader, ref signature),
            '(' => ReadStruct(ref reader, ref signature),
            _ => throw new NotSupportedException($"type {type}"),
        };
    }

    private static object[] ReadArray(ref WireReader reader, ref ReadOnlySpan<char> signature)
    {
        int end = reader.ReadArrayStart(signature[0] is '(' or 't' ? 8 : 4);
        ReadOnlySpan<char> element = signature;
        List<object> values = [];
        while (reader.MoreUntil(end))
        {
            ReadOnlySpan<char> again = element;
            values.Add(Read(ref reader, ref again));
        }

        // An empty array has its type too.
        signature = signature[LengthOfType(signature)..];
        return [.. values];
    }

    private static object[] ReadStruct(ref WireReader reader, ref ReadOnlySpan<char> signature)
    {
        reader.AlignStruct();
        List<object> values = [];
        while (signature[0] != ')')
        {
            values.Add(Read(ref reader, ref signature));
        }

        signature = signature[1..];
        return [.. values];
    }

    private static int LengthOfType(ReadOnlySpan<char> signature) => signature[0] switch
    {
        'a' => 1 + LengthOfType(signature[1..]),
        '(' => signature.IndexOf(')') + 1,
        _ => 1,
    };
}
