using System.Text;

namespace XcpBroker.Protocol.Names;

/// <summary>Lends a grammar on bytes to strings: all names are ASCII.</summary>
internal static class AsciiText
{
    private const int LongestOnStack = 512;

    internal delegate bool Grammar(ReadOnlySpan<byte> text);

    internal static bool Check(string text, Grammar grammar)
    {
        Span<byte> bytes = text.Length <= LongestOnStack ? stackalloc byte[LongestOnStack] : new byte[text.Length];
        return Ascii.FromUtf16(text, bytes, out int written) == System.Buffers.OperationStatus.Done && grammar(bytes[..written]);
    }
}
