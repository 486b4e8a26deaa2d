using System.Diagnostics.CodeAnalysis;
using System.Text;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Config.Xml;

/// <summary>Turns the bytes of a file into the characters of a document. The encoding is UTF-8, whatever the file says, as in dbus-daemon.</summary>
internal static class XmlText
{
    private const char ByteOrderMark = '\uFEFF';

    internal static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? text, [NotNullWhen(false)] out XmlProblem? problem)
    {
        text = null;
        try
        {
            text = StrictUtf8.Instance.GetString(bytes).Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        }
        catch (DecoderFallbackException e)
        {
            int line = 1 + bytes[..e.Index].Count((byte)'\n');
            problem = new XmlProblem(new XmlPosition(line, e.Index - bytes[..e.Index].LastIndexOf((byte)'\n')), "this is not UTF-8");
            return false;
        }

        text = text.StartsWith(ByteOrderMark) ? text[1..] : text;
        problem = FirstForbidden(text);
        return problem is null;
    }

    /// <summary>XML 1.0, production "Char".</summary>
    internal static bool IsAllowed(Rune rune) => rune.Value is '\t' or '\n' or '\r' or (>= ' ' and not 0xFFFE and not 0xFFFF);

    private static XmlProblem? FirstForbidden(string text)
    {
        XmlPosition position = new(1, 1);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (!IsAllowed(rune))
            {
                return new XmlProblem(position, $"the character U+{rune.Value:X4} is not allowed");
            }

            position = rune.Value == '\n' ? new XmlPosition(position.Line + 1, 1) : position with { Column = position.Column + rune.Utf16SequenceLength };
        }

        return null;
    }
}
