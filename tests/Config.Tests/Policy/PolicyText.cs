using System.Text;
using XcpBroker.Auth.Policy;
using XcpBroker.Config.Tests.Reading;
using XcpBroker.Transport;

namespace XcpBroker.Config.Tests.Policy;

/// <summary>Policies from text.</summary>
internal static class PolicyText
{
    /// <summary>Rules of the default context.</summary>
    internal static PolicySet Rules(string rules, string type = "system") => Blocks($"<policy context='default'>{rules}</policy>", type);

    internal static PolicySet Blocks(string policies, string type = "system")
    {
        string text = $"<busconfig><type>{type}</type><listen>unix:tmpdir=/tmp</listen>{policies}</busconfig>";
        BusConfigReader reader = new(new FakeFiles(), new FakeUsers(), StandardServiceDirectories.Unset, Transports.Known.Addresses);
        bool read = reader.TryReadText(Encoding.ASCII.GetBytes(text), "text", out BusConfiguration? configuration, out ConfigProblem? problem);
        Assert.That(read, Is.True, problem?.ToString());
        return configuration!.Policy;
    }
}
