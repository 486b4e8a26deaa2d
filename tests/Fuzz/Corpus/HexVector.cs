using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace XcpBroker.Fuzz.Corpus;

/// <summary>Reads the <c>.hex</c> files of tests/vectors: one message each, good for both byte orders.</summary>
/// <remarks>
/// Words between blanks: two hex digits are a byte; <c>"text"</c> is its ASCII without NUL; <c>*3</c> behind either repeats it;
/// <c>u16:</c>, <c>u32:</c>, <c>u64:</c> and a number are in the message's byte order; <c>order</c> is its mark, l or B.
/// A '#' begins a comment; <c># expect: X</c> names the violation of an invalid message.
/// </remarks>
internal static partial class HexVector
{
    internal static byte[] Parse(string text, bool isBigEndian)
    {
        using MemoryStream bytes = new();
        foreach (string line in text.Split('\n'))
        {
            foreach (string word in Words().Matches(line).Select(match => match.Value).TakeWhile(word => word[0] != '#'))
            {
                Append(bytes, word, isBigEndian);
            }
        }

        return bytes.ToArray();
    }

    internal static string? Expectation(string text) =>
        text.Split('\n').FirstOrDefault(line => line.StartsWith("# expect:", StringComparison.Ordinal))?["# expect:".Length..].Trim();

    private static void Append(MemoryStream bytes, string word, bool isBigEndian)
    {
        Match match = Word().Match(word);
        if (!match.Success)
        {
            throw new FormatException($"'{word}' is no word of a vector.");
        }

        byte[] unit = match.Groups["order"].Success ? [(byte)(isBigEndian ? 'B' : 'l')]
            : match.Groups["size"].Success ? Number(match.Groups["size"].Value, match.Groups["number"].Value, isBigEndian)
            : match.Groups["text"].Success ? Encoding.ASCII.GetBytes(match.Groups["text"].Value)
            : Convert.FromHexString(match.Groups["byte"].Value);
        int times = match.Groups["times"].Success ? int.Parse(match.Groups["times"].Value, CultureInfo.InvariantCulture) : 1;
        for (int i = 0; i < times; i++)
        {
            bytes.Write(unit);
        }
    }

    private static byte[] Number(string size, string number, bool isBigEndian)
    {
        ulong value = number.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.Parse(number.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : ulong.Parse(number, CultureInfo.InvariantCulture);
        byte[] eight = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(eight, value);
        byte[] bytes = eight[..(int.Parse(size, CultureInfo.InvariantCulture) / 8)];
        if (isBigEndian)
        {
            Array.Reverse(bytes);
        }

        return bytes;
    }

    [GeneratedRegex("""
        "[^"]*"(\*\d+)?|#.*|\S+
        """)]
    private static partial Regex Words();

    [GeneratedRegex("""
        ^(?:(?<order>order)|u(?<size>16|32|64):(?<number>\d+|0x[0-9a-f]+)|(?:"(?<text>[^"]*)"|(?<byte>[0-9a-f]{2}))(?:\*(?<times>\d+))?)$
        """)]
    private static partial Regex Word();
}
