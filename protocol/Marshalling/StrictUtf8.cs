using System.Text;
using System.Text.Unicode;

namespace XcpBroker.Protocol.Marshalling;

/// <summary>UTF-8 as the specification wants it: nothing overlong, no surrogate, no NUL; noncharacters are fine.</summary>
public static class StrictUtf8
{
    /// <summary>Throws on malformed input instead of replacing it, in both directions; writes no byte order mark.</summary>
    public static Encoding Instance { get; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether the bytes may be the text of a STRING.</summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes)
    {
        // Most text is ASCII without NUL, and one look says so.
        int other = bytes.IndexOfAnyExceptInRange((byte)0x01, (byte)0x7f);
        return other < 0 || IsValidFrom(bytes[other..]);
    }

    private static bool IsValidFrom(ReadOnlySpan<byte> bytes) => !bytes.Contains((byte)0) && Utf8.IsValid(bytes);
}
