using XcpBroker.Config.Domains;
using XcpBroker.Config.Xml;

namespace XcpBroker.Config.Reading;

/// <summary>Reads <c>&lt;xenstore&gt;</c>, and the attribute <c>address</c> of those that have one.</summary>
internal static class XenstoreReader
{
    private const string Address = "address";

    /// <returns>What is wrong, or null.</returns>
    internal static XmlProblem? Read(XmlElement element, AddressParser addresses, ConfigDraft draft)
    {
        if (!ElementAttributes.TryTake(element, [Address], out ElementAttributes? attributes, out XmlProblem? problem)
            || (problem = CheckAddress(attributes, addresses) ?? ElementShape.CheckEmpty(element)) is not null)
        {
            return problem;
        }

        draft.Xenstore = new XenstorePublication(attributes[Address]);
        return null;
    }

    /// <returns>What is wrong with the address, if there is one; or null.</returns>
    internal static XmlProblem? CheckAddress(ElementAttributes attributes, AddressParser addresses) =>
        attributes[Address] is { } text && !XenstorePublication.IsAddress(text, addresses, out string? error) ? attributes.Wrong(Address, $"address: {error}") : null;
}
