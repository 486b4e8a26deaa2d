using System.Text;

namespace XcpBroker.Driver;

/// <summary>What the bus answers to Introspect: the document of Driver/org.freedesktop.DBus.xml, byte for byte dbus-daemon 1.14.10's.</summary>
/// <remarks>
/// /org/freedesktop/DBus has all of it; any other path lacks the interfaces that are found only there.
/// The paths above it name it as their child, so that d-feet and busctl, which walk down from /, come to it.
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

    private static readonly string Complete = ReadDocument();
    private static readonly string Elsewhere = OnlyOnCanonicalPath.Aggregate(Complete, WithoutInterface);

    internal static string Render(string path)
    {
        if (path == CanonicalPath)
        {
            return Complete;
        }

        string prefix = path == "/" ? path : path + "/";
        return CanonicalPath.StartsWith(prefix, StringComparison.Ordinal)
            ? $"{Elsewhere.AsSpan(0, Elsewhere.Length - DocumentEnd.Length)}  <node name=\"{CanonicalPath.AsSpan(prefix.Length)}\"/>\n{DocumentEnd}"
            : Elsewhere;
    }

    private static string WithoutInterface(string document, string name)
    {
        int start = document.IndexOf($"{InterfaceStart}{name}\"", StringComparison.Ordinal);
        int end = document.IndexOf(InterfaceEnd, start, StringComparison.Ordinal) + InterfaceEnd.Length;
        return document.Remove(start, end - start);
    }

    private static string ReadDocument()
    {
        using Stream resource = typeof(StandardIntrospection).Assembly.GetManifestResourceStream("org.freedesktop.DBus.xml")!;
        using StreamReader reader = new(resource, Encoding.ASCII);
        return reader.ReadToEnd();
    }
}
