using System.Diagnostics.CodeAnalysis;
using XcpBroker.Auth.Policy;
using XcpBroker.Config;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Testing;
using XcpBroker.Transport;

namespace XcpBroker.Broker.Tests.Bus.Policy;

/// <summary>A bus with rules in dbus-daemon's language.</summary>
internal abstract class PolicyFixture : BusFixture
{
    internal const string Open = """
        <policy context="default">
          <allow user="*"/><allow own="*"/>
          <allow send_destination="*" eavesdrop="true"/><allow receive_sender="*" eavesdrop="false"/>
        </policy>
        """;

    internal static BusConfigReader Reader { get; } = ReaderOf(Transports.Known);

    internal static BusConfigReader ReaderOf(Transports transports) => new(new NoFiles(), new NoUsers(), StandardServiceDirectories.Unset, transports.Addresses);

    private protected void Rules(string policies, string type = "session")
    {
        Broker.Dispose();
        Broker = new InMemoryBroker(policy: Read(policies, type));
    }

    internal static PolicySet Read(string policies, string type = "session") => ReadAll(policies, type).Policy;

    internal static BusConfiguration ReadAll(string policies, string type = "session")
    {
        string text = $"<busconfig>\n<type>{type}</type><listen>unix:path=/x</listen>\n{policies}\n</busconfig>";
        return Reader.TryReadText(StrictUtf8.Instance.GetBytes(text), "bus.conf", out BusConfiguration? configuration, out ConfigProblem? problem)
            ? configuration
            : throw new InvalidOperationException(problem.ToString());
    }

    private protected IEnumerable<string> LogLines(string part) =>
        Broker.Log.Lines.Select(line => line.Text).Where(text => text.Contains(part, StringComparison.Ordinal));

    private sealed class NoUsers : IUserDirectory
    {
        public uint? FindUser(string name) => null;

        public uint? FindGroup(string name) => null;
    }

    private sealed class NoFiles : IConfigFiles
    {
        public bool TryRead(string path, [NotNullWhen(true)] out byte[]? content, [NotNullWhen(false)] out ConfigFileFailure? failure)
        {
            content = null;
            failure = new ConfigFileFailure(true, "no file");
            return false;
        }

        public bool TryList(string path, [NotNullWhen(true)] out IReadOnlyList<string>? names, [NotNullWhen(false)] out ConfigFileFailure? failure)
        {
            names = null;
            failure = new ConfigFileFailure(true, "no directory");
            return false;
        }
    }
}
