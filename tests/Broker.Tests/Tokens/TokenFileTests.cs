using System.Text;
using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Startup;
using XcpBroker.Tokens;

namespace XcpBroker.Broker.Tests.Tokens;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TokenFileTests : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string Secret = "00112233445566778899aabbccddeeff";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("xcp-token-");

    private string Path => System.IO.Path.Combine(_directory.FullName, "token");

    public void Dispose() => _directory.Delete(recursive: true);

    [Test]
    public void A_file_of_its_owner_alone_is_read()
    {
        Write($"nfs-1 {Secret}\n", Private);

        DomainToken token = TokenFile.Read(Path);
        Assert.That((token.Name, Encoding.ASCII.GetString(token.Secret.Span)), Is.EqualTo(("nfs-1", Secret)));
    }

    [TestCase(UnixFileMode.GroupRead)]
    [TestCase(UnixFileMode.OtherRead)]
    [TestCase(UnixFileMode.OtherWrite)]
    [TestCase(UnixFileMode.GroupExecute)]
    public void One_that_others_can_use_is_not(UnixFileMode more)
    {
        Write($"nfs-1 {Secret}\n", Private | more);

        Assert.That(() => TokenFile.Read(Path), Throws.TypeOf<StartException>().With.Message.Contains("can be used by others than its owner"));
    }

    [Test]
    public void A_text_that_is_no_token_is_an_error_without_the_text()
    {
        Write($"{Secret}\n{Secret}\n", Private);

        Assert.That(
            () => TokenFile.Read(Path),
            Throws.TypeOf<StartException>().With.Message.Contains("it has more than one line").And.Message.Not.Contains(Secret));
    }

    [Test]
    public void Neither_is_a_directory_nor_what_is_not_there()
    {
        Assert.That(() => TokenFile.Read(_directory.FullName), Throws.TypeOf<StartException>().With.Message.Contains("is no regular file"));
        Assert.That(() => TokenFile.Read(Path), Throws.TypeOf<StartException>().With.Message.Contains("cannot open the token file"));
    }

    private void Write(string text, UnixFileMode mode)
    {
        File.WriteAllText(Path, text);
        File.SetUnixFileMode(Path, mode);
    }
}
