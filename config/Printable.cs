namespace XcpBroker.Config;

/// <summary>Text from a command line or a file, made fit for a line of a log.</summary>
internal static class Printable
{
    /// <summary>With '?' for each control character.</summary>
    internal static string OneLine(string text) => string.Create(text.Length, text, (span, source) =>
    {
        for (int i = 0; i < span.Length; i++)
        {
            span[i] = char.IsControl(source[i]) ? '?' : source[i];
        }
    });
}
