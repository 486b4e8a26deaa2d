using XcpBroker.Config;
using XcpBroker.Startup;
using XcpBroker.Transport;

namespace XcpBroker.Broker.Tests.Transport;

internal sealed class DomainListenersTests
{
    [Test]
    public void A_socket_that_cannot_be_watched_is_a_problem_leaves_no_file_and_may_be_had_later()
    {
        string path = Path.Combine(Path.GetTempPath(), $"xcp-domain-{Guid.NewGuid():N}");
        UnixListenAddress address = new(UnixAddressKind.Path, path) { Domain = "db" };
        bool isWatchable = false;
        DomainListeners listeners = new(Open, _ => isWatchable ? [] : throw new StartException("cannot watch")) { Closed = _ => { } };
        try
        {
            Assert.That(listeners.Apply([address]), Is.EqualTo([(address, "cannot watch")]));
            Assert.That(File.Exists(path), Is.False);

            isWatchable = true;
            Assert.That(listeners.Apply([address]), Is.Empty);
            Assert.That(File.Exists(path), Is.True);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static ListeningSocket Open(UnixListenAddress address)
    {
        File.WriteAllText(address.Value, "");
        return new ListeningSocket([], address, new string('a', 32), new UnixTransport()) { File = address.Value };
    }
}
