using XcpBroker.Config.Xml;

namespace XcpBroker.Config.Reading;

/// <summary>Reads who may connect to the socket of a domain: <c>mode</c>, octal as for chmod(1).</summary>
internal static class SocketModeReader
{
    private const int MaxDigits = 4;

    /// <returns>What is wrong, or null.</returns>
    internal static XmlProblem? Read(ElementAttributes attributes, out UnixFileMode? mode)
    {
        mode = null;
        if (attributes["mode"] is not { } text)
        {
            return null;
        }

        int value = 0;
        bool isMode = text.Length is > 0 and <= MaxDigits && text.All(digit => digit is >= '0' and <= '7');
        foreach (char digit in isMode ? text : "")
        {
            value = (8 * value) + (digit - '0');
        }

        if (!isMode || value is 0 or > 0x1ff)
        {
            return attributes.Wrong("mode", $"mode is \"{text}\"; expected an octal number as 0660");
        }

        mode = (UnixFileMode)value;
        return null;
    }
}
