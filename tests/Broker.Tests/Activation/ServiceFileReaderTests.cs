using System.Text;
using XcpBroker.Activation;
using XcpBroker.Config.Services;
using XcpBroker.Startup;

namespace XcpBroker.Broker.Tests.Activation;

public sealed class ServiceFileReaderTests
{
    private string _root = "";

    [SetUp]
    public void MakeDirectory() => _root = Directory.CreateTempSubdirectory("services-").FullName;

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(_root, recursive: true);

    [Test]
    public void A_file_comes_whole_and_with_its_owner()
    {
        File.WriteAllText($"{_root}/a", "text");

        Assert.That(ServiceFileReader.Instance.TryRead($"{_root}/a", out ServiceFileContent? content, out string? error), Is.True, error);
        Assert.That(Encoding.ASCII.GetString(content!.Bytes.Span), Is.EqualTo("text"));
        Assert.That(content.OwnerUserId, Is.EqualTo(HostIdentity.OwnCredentials().UserId));
    }

    [Test]
    public void A_file_of_exactly_the_limit_is_read_and_a_longer_one_is_not()
    {
        File.WriteAllBytes($"{_root}/a", new byte[ServiceFile.MaxLength]);
        File.WriteAllBytes($"{_root}/b", new byte[ServiceFile.MaxLength + 1]);

        Assert.That(ServiceFileReader.Instance.TryRead($"{_root}/a", out ServiceFileContent? content, out _), Is.True);
        Assert.That(content!.Bytes.Length, Is.EqualTo(ServiceFile.MaxLength));
        Assert.That(ServiceFileReader.Instance.TryRead($"{_root}/b", out _, out string? error), Is.False);
        Assert.That(error, Does.Contain("longer"));
    }

    [TestCase("/dev/null", "regular file")]
    [TestCase("/dev", "regular file")]
    [TestCase("/dev/null/none", "directory")]
    public void What_is_no_file_is_refused(string path, string expected)
    {
        Assert.That(ServiceFileReader.Instance.TryRead(path, out _, out string? error), Is.False);
        Assert.That(error!, Does.Contain(expected).IgnoreCase);
    }
}
