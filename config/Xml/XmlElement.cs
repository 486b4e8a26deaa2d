namespace XcpBroker.Config.Xml;

/// <summary>A place in a text, both numbers from 1.</summary>
internal readonly record struct XmlPosition(int Line, int Column);

/// <summary>An attribute, its value with references resolved.</summary>
internal sealed record XmlAttribute(string Name, string Value, XmlPosition Position);

/// <summary>An element: what is directly inside it.</summary>
internal sealed class XmlElement(string name, IReadOnlyList<XmlAttribute> attributes, XmlPosition position)
{
    internal string Name { get; } = name;

    internal IReadOnlyList<XmlAttribute> Attributes { get; } = attributes;

    /// <summary>Where its start tag begins.</summary>
    internal XmlPosition Position { get; } = position;

    internal List<XmlElement> Children { get; } = [];

    /// <summary>All characters directly inside it, without those of comments and elements.</summary>
    internal string Text { get; set; } = "";
}

/// <summary>Why a text is not well-formed.</summary>
internal sealed record XmlProblem(XmlPosition Position, string Message);
