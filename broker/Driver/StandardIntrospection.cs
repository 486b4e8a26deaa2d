using System.Text;

namespace XcpBroker.Driver;

/// <summary>
/// What the bus answers to Introspect: the document of Driver/org.freedesktop.DBus.xml, byte for byte dbus-daemon 1.14.10's, and on
/// <see cref="BrokerMethods.Path"/> that of Driver/org.xen.xcp.Broker1.xml.
/// </summary>
/// <remarks>
/// /org/freedesktop/DBus has all of the first; any other path lacks the interfaces that are found only there, and the properties, which
/// these are needed for: busctl asks for the value of each that is named.
/// The paths above these two name them as their children, so that d-feet and busctl, which walk down from /, come to them.
/// Source: specification, "org.freedesktop.DBus.Introspectable".
/// </remarks>
internal static class StandardIntrospection
{
    private const string CanonicalPath = "/org/freedesktop/DBus";
    private const string InterfaceStart = "  <interface name=\"";
    private const string InterfaceEnd = "  </interface>\n";
    private const string DocumentEnd = "</node>\n";

    private static readonly string[] OnlyOnCanonicalPath =
        ["org.freedesktop.DBus.Properties", MonitoringMethods.Interface, StatsMethods.Interface];

    private static readonly string Complete = ReadDocument("org.freedesktop.DBus.xml");
    private static readonly string Elsewhere = WithoutProperties(OnlyOnCanonicalPath.Aggregate(Complete, WithoutInterface));
    private static readonly string Broker = WithEnd(Elsewhere, InterfaceOf(ReadDocument("org.xen.xcp.Broker1.xml"), BrokerMethods.Interface));

    internal static string Render(string path) => path switch
    {
        CanonicalPath => Complete,
        BrokerMethods.Path => Broker,
        _ => WithEnd(Elsewhere, Child(path, CanonicalPath) + Child(path, BrokerMethods.Path)),
    };

    private static string Child(string path, string leaf)
    {
        string prefix = path == "/" ? path : path + "/";
        return leaf.StartsWith(prefix, StringComparison.Ordinal) ? $"  <node name=\"{leaf.AsSpan(prefix.Length)}\"/>\n" : "";
    }

    private static string WithEnd(string document, string more) => $"{document.AsSpan(0, document.Length - DocumentEnd.Length)}{more}{DocumentEnd}";

    private static string WithoutInterface(string document, string name) => document.Replace(InterfaceOf(document, name), "", StringComparison.Ordinal);

    private static string WithoutProperties(string document)
    {
        const string Start = "    <property ";
        const string End = "    </property>\n";
        for (int start = document.IndexOf(Start, StringComparison.Ordinal); start >= 0; start = document.IndexOf(Start, StringComparison.Ordinal))
        {
            document = document.Remove(start, document.IndexOf(End, start, StringComparison.Ordinal) + End.Length - start);
        }

        return document;
    }

    private static string InterfaceOf(string document, string name)
    {
        int start = document.IndexOf($"{InterfaceStart}{name}\"", StringComparison.Ordinal);
        int end = document.IndexOf(InterfaceEnd, start, StringComparison.Ordinal) + InterfaceEnd.Length;
        return document[start..end];
    }

    private static string ReadDocument(string name)
    {
        using Stream resource = typeof(StandardIntrospection).Assembly.GetManifestResourceStream(name)!;
        using StreamReader reader = new(resource, Encoding.ASCII);
        return reader.ReadToEnd();
    }
}
