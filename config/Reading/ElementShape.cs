using XcpBroker.Config.Xml;

namespace XcpBroker.Config.Reading;

/// <summary>What may be inside an element.</summary>
internal static class ElementShape
{
    /// <summary>No text; elements are somebody else's business.</summary>
    internal static XmlProblem? CheckNoText(XmlElement element) =>
        string.IsNullOrWhiteSpace(element.Text) ? null : new XmlProblem(element.Position, $"text is not allowed in <{element.Name}>");

    /// <summary>Neither text nor elements.</summary>
    internal static XmlProblem? CheckEmpty(XmlElement element) => CheckNoText(element) ?? CheckNoChildren(element);

    /// <summary>Text and no elements.</summary>
    internal static XmlProblem? CheckText(XmlElement element) =>
        CheckNoChildren(element)
        ?? (element.Text.Trim().Length == 0 ? new XmlProblem(element.Position, $"<{element.Name}> is empty; expected {Expected(element.Name)}") : null);

    private static XmlProblem? CheckNoChildren(XmlElement element) => element.Children.Count == 0
        ? null
        : new XmlProblem(element.Children[0].Position, $"element <{element.Children[0].Name}> is not allowed in <{element.Name}>");

    private static string Expected(string name) => name switch
    {
        "listen" => "an address",
        "auth" => "the name of a mechanism",
        "limit" => "a number",
        "user" => "a user's name or number",
        "domainstarter" => "a program and its arguments",
        "type" => "the type of the bus",
        "includedir" or "servicedir" => "a directory",
        _ => "the name of a file",
    };
}
