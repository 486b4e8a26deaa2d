using System.Buffers;
using System.Text;

namespace XcpBroker.Auth.Sasl;

/// <summary>What a client may say.</summary>
internal enum SaslCommand
{
    Unknown,
    Auth,
    Data,
    Cancel,
    Error,
    NegotiateUnixFd,
    Begin,
}

/// <summary>One line of a conversation: taken apart, or made.</summary>
internal static class SaslLine
{
    internal static SaslCommand CommandOf(ReadOnlySpan<byte> word) => word switch
    {
        _ when word.SequenceEqual("AUTH"u8) => SaslCommand.Auth,
        _ when word.SequenceEqual("DATA"u8) => SaslCommand.Data,
        _ when word.SequenceEqual("BEGIN"u8) => SaslCommand.Begin,
        _ when word.SequenceEqual("NEGOTIATE_UNIX_FD"u8) => SaslCommand.NegotiateUnixFd,
        _ when word.SequenceEqual("CANCEL"u8) => SaslCommand.Cancel,
        _ when word.SequenceEqual("ERROR"u8) => SaslCommand.Error,
        _ => SaslCommand.Unknown,
    };

    /// <summary>Splits at the first run of blanks (space, tab); a blank at the very start makes the word empty.</summary>
    internal static Words SplitFirstWord(ReadOnlySpan<byte> line)
    {
        int end = line.IndexOfAny(" \t"u8);
        return end < 0 ? new Words(line, default) : new Words(line[..end], line[end..].TrimStart(" \t"u8));
    }

    internal static void WriteOk(IBufferWriter<byte> output, string guid)
    {
        Span<byte> line = output.GetSpan("OK \r\n".Length + guid.Length);
        "OK "u8.CopyTo(line);
        int length = "OK ".Length + Encoding.ASCII.GetBytes(guid, line["OK ".Length..]);
        "\r\n"u8.CopyTo(line[length..]);
        output.Advance(length + 2);
    }

    internal static void WriteData(IBufferWriter<byte> output, ReadOnlySpan<byte> challenge)
    {
        if (challenge.IsEmpty)
        {
            output.Write("DATA\r\n"u8);
            return;
        }

        output.Write("DATA "u8);
        Span<byte> hex = output.GetSpan(2 * challenge.Length);
        _ = Convert.TryToHexStringLower(challenge, hex, out int length);
        output.Advance(length);
        output.Write("\r\n"u8);
    }

    internal readonly ref struct Words(ReadOnlySpan<byte> first, ReadOnlySpan<byte> rest)
    {
        private readonly ReadOnlySpan<byte> _first = first;
        private readonly ReadOnlySpan<byte> _rest = rest;

        internal void Deconstruct(out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> rest)
        {
            first = _first;
            rest = _rest;
        }
    }
}
