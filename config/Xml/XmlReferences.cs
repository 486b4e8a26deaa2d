using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace XcpBroker.Config.Xml;

/// <summary>Resolves <c>&amp;lt;</c> and <c>&amp;#100;</c>. There are no entities but XML's own five: a document type is not read.</summary>
internal static class XmlReferences
{
    /// <param name="text">Characters as they are written, line ends already single.</param>
    /// <param name="resolved">What they stand for.</param>
    /// <param name="error">The reference that is none.</param>
    /// <param name="wrongAt">Where in the text that stands.</param>
    internal static bool TryResolve(string text, [NotNullWhen(true)] out string? resolved, [NotNullWhen(false)] out string? error, out int wrongAt)
    {
        resolved = text;
        error = null;
        wrongAt = 0;
        if (!text.Contains('&'))
        {
            return true;
        }

        resolved = null;
        StringBuilder result = new(text.Length);
        for (int position = 0; position < text.Length;)
        {
            int reference = text.IndexOf('&', position);
            if (reference < 0)
            {
                result.Append(text, position, text.Length - position);
                break;
            }

            result.Append(text, position, reference - position);
            int end = text.IndexOf(';', reference);
            string name = end < 0 ? "" : text[(reference + 1)..end];
            if (ValueOf(name) is not { } value)
            {
                wrongAt = reference;
                error = end < 0
                    ? "'&' begins a reference that no ';' ends; write '&amp;' for the character"
                    : $"unknown reference '&{name};'; expected &amp; &lt; &gt; &quot; &apos; or a character's number, as &#100;";
                return false;
            }

            result.Append(value);
            position = end + 1;
        }

        resolved = result.ToString();
        return true;
    }

    private static string? ValueOf(string name) => name switch
    {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        ['#', 'x', .. string digits] => Character(digits, NumberStyles.AllowHexSpecifier),
        ['#', .. string digits] => Character(digits, NumberStyles.None),
        _ => null,
    };

    private static string? Character(string digits, NumberStyles style) =>
        uint.TryParse(digits, style, CultureInfo.InvariantCulture, out uint number)
        && Rune.TryCreate(number, out Rune rune)
        && XmlText.IsAllowed(rune)
            ? rune.ToString()
            : null;
}
