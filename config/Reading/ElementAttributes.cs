using System.Diagnostics.CodeAnalysis;
using XcpBroker.Config.Xml;

namespace XcpBroker.Config.Reading;

/// <summary>The attributes of one element, all of them known. Errors are texts: the file is the caller's business.</summary>
internal sealed class ElementAttributes
{
    private readonly XmlElement _element;

    private ElementAttributes(XmlElement element) => _element = element;

    internal string? this[string name] => Find(name)?.Value;

    /// <summary>Checks that there are no others than these.</summary>
    internal static bool TryTake(
        XmlElement element,
        ReadOnlySpan<string> known,
        [NotNullWhen(true)] out ElementAttributes? attributes,
        [NotNullWhen(false)] out XmlProblem? problem)
    {
        attributes = null;
        problem = null;
        foreach (XmlAttribute attribute in element.Attributes)
        {
            if (!known.Contains(attribute.Name))
            {
                string expected = known.IsEmpty ? "it has none" : $"expected {string.Join(", ", known)}";
                problem = new XmlProblem(attribute.Position, $"attribute \"{attribute.Name}\" is not known on <{element.Name}>; {expected}");
                return false;
            }
        }

        attributes = new ElementAttributes(element);
        return true;
    }

    /// <summary>Null if the attribute is not there; otherwise it must be one of two words.</summary>
    internal bool TryGetChoice(string name, string yes, string no, out bool? choice, [NotNullWhen(false)] out XmlProblem? problem)
    {
        XmlAttribute? attribute = Find(name);
        choice = attribute?.Value == yes ? true : attribute?.Value == no ? false : null;
        problem = attribute is null || choice is not null
            ? null
            : new XmlProblem(attribute.Position, $"attribute \"{name}\" is \"{attribute.Value}\"; expected \"{yes}\" or \"{no}\"");
        return problem is null;
    }

    /// <summary>A problem with that attribute.</summary>
    internal XmlProblem Wrong(string name, string message) => new(Find(name)?.Position ?? _element.Position, message);

    /// <summary>Which of these attributes there are.</summary>
    internal IReadOnlyList<string> Given(IEnumerable<string> names) => [.. names.Where(name => Find(name) is not null)];

    private XmlAttribute? Find(string name) => _element.Attributes.FirstOrDefault(attribute => attribute.Name == name);
}
