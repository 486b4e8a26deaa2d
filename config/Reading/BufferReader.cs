using XcpBroker.Config.Services;
using XcpBroker.Config.Xml;

namespace XcpBroker.Config.Reading;

/// <summary>Reads <c>&lt;buffer&gt;</c>: names that messages wait for.</summary>
internal static class BufferReader
{
    private static readonly string[] Known = ["own_prefix", "names", .. BufferDeclaration.Attributes];

    /// <summary>Adds it to the draft.</summary>
    /// <returns>What is wrong, or null.</returns>
    internal static XmlProblem? Read(XmlElement element, string file, Surroundings surroundings, ConfigDraft draft)
    {
        if (!ElementAttributes.TryTake(element, Known, out ElementAttributes? attributes, out XmlProblem? problem)
            || (problem = ElementShape.CheckEmpty(element)) is not null)
        {
            return problem;
        }

        if (attributes["own_prefix"] is not { } prefix || !BufferedPrefix.IsValid(prefix))
        {
            return attributes.Wrong("own_prefix", attributes["own_prefix"] is { } wrong
                ? $"own_prefix is \"{wrong}\"; expected a well-known name, or the beginning of one up to a dot"
                : "<buffer> has no own_prefix; expected <buffer own_prefix=\"...\"/>");
        }

        long names = BufferedPrefix.DefaultMaxNames;
        if (attributes["names"] is { } text && (!UnitText.TryParseBytes(text, out names) || names is 0 or > int.MaxValue))
        {
            return attributes.Wrong("names", $"names is \"{text}\"; expected a number from 1");
        }

        BufferDeclaration declaration = new();
        foreach (string attribute in BufferDeclaration.Attributes)
        {
            if (attributes[attribute] is { } value && !BufferDeclaration.TrySet(attribute, value, ref declaration))
            {
                return attributes.Wrong(attribute, $"{attribute} is \"{value}\"; expected {Expected(attribute)}");
            }
        }

        if (declaration.Remark is { } remark)
        {
            surroundings.Warn(file, element.Position, $"<buffer own_prefix=\"{prefix}\">: {remark}");
        }

        draft.SetBuffer(new BufferedPrefix(prefix, (int)names, declaration));
        return null;
    }

    private static string Expected(string attribute) => attribute switch
    {
        "messages" => "a number",
        "bytes" => "a size, for example 4M",
        "timeout" or "ttl" => "a time, for example 20s",
        "on_full" => "reject or drop-oldest",
        "durable" => "yes or no",
        "ack" => "read or explicit",
        _ => "a number from 1",
    };
}
