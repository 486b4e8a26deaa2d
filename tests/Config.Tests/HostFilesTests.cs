namespace XcpBroker.Config.Tests;

/// <summary>What is missing may be left out of a configuration; what is there and is something else may not.</summary>
public sealed class HostFilesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("xcp-files-").FullName;

    public HostFilesTests() => File.WriteAllText(In("file"), "text");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [TestCase("none", true, "there is no such directory")]
    [TestCase("none/none", true, "there is no such directory")]
    [TestCase("file", false, "this is not a directory")]
    [TestCase("file/", false, "this is not a directory")]
    [TestCase("file/none", false, "/file is not a directory")]
    public void A_directory_that_cannot_be_listed(string path, bool isMissing, string expected)
    {
        Assert.That(new HostFiles().TryList(In(path), out _, out ConfigFileFailure? failure), Is.False);
        Assert.That((failure!.IsMissing, failure.Message), Is.EqualTo((isMissing, failure.Message)));
        Assert.That(failure.Message, Does.EndWith(expected));
    }

    [TestCase("none", true, "there is no such file")]
    [TestCase("none/none", true, "there is no such file")]
    [TestCase("file/none", false, "/file is not a directory")]
    [TestCase(".", false, "this is a directory")]
    public void A_file_that_cannot_be_read(string path, bool isMissing, string expected)
    {
        Assert.That(new HostFiles().TryRead(In(path), out _, out ConfigFileFailure? failure), Is.False);
        Assert.That((failure!.IsMissing, failure.Message), Is.EqualTo((isMissing, failure.Message)));
        Assert.That(failure.Message, Does.EndWith(expected));
    }

    [Test]
    public void What_is_there_is_read_and_listed()
    {
        Assert.That(new HostFiles().TryRead(In("file"), out byte[]? content, out _), Is.True);
        Assert.That(new HostFiles().TryList(_root, out IReadOnlyList<string>? names, out _), Is.True);
        Assert.That((content!.Length, string.Join(' ', names!)), Is.EqualTo((4, "file")));
    }

    private string In(string name) => $"{_root}/{name}";
}
