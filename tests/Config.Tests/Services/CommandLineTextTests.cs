using CsCheck;
using XcpBroker.Config.Services;

namespace XcpBroker.Config.Tests.Services;

public sealed class CommandLineTextTests
{
    private static readonly string[] Pieces = ["a", " ", "\t", "\n", "'", "\"", "\\", "#", "$x", "`", "é"];

    private static IEnumerable<TestCaseData> Vectors => File.ReadLines(Path.Combine(Repository.Root, "tests/vectors/services/exec.tsv"))
        .Skip(1)
        .Select(line => line.Split('\t'))
        .Select(columns => new TestCaseData(columns[0], columns[1] == "ok", columns[2..]).SetArgDisplayNames($"'{columns[0]}'"));

    [TestCaseSource(nameof(Vectors))]
    public void Each_vector_is_split_into_its_words_or_refused_by_its_error(string text, bool isValid, string[] expected)
    {
        bool isSplit = CommandLineText.TrySplit(text, out IReadOnlyList<string>? words, out string? error);

        Assert.That(isSplit, Is.EqualTo(isValid), error);
        if (isValid)
        {
            Assert.That(words, Is.EqualTo(expected));
        }
        else
        {
            Assert.That(error, Does.Contain(expected[0]));
        }
    }

    [TestCase("/bin/a b\nc", new[] { "/bin/a", "b", "c" })]
    [TestCase("/bin/a b\\\nc", new[] { "/bin/a", "bc" })]
    [TestCase("/bin/a \\\n b", new[] { "/bin/a", "b" })]
    [TestCase("/bin/a # b\nc", new[] { "/bin/a", "c" })]
    [TestCase("/bin/a \"b\\\nc\"", new[] { "/bin/a", "b\nc" })]
    public void Newlines_part_words_unless_they_are_escaped(string text, string[] expected)
    {
        Assert.That(CommandLineText.TrySplit(text, out IReadOnlyList<string>? words, out string? error), Is.True, error);
        Assert.That(words, Is.EqualTo(expected));
    }

    [Test]
    public void Quoted_words_are_read_back_as_they_were() => Gen.String.Array[0, 4].Sample(arguments =>
        CommandLineText.TrySplit(string.Join(' ', arguments.Prepend("/bin/a").Select(Quote)), out IReadOnlyList<string>? words, out _)
        && words.SequenceEqual(arguments.Prepend("/bin/a")));

    [Test]
    public void No_text_makes_it_throw_and_every_error_is_one_line() => Gen.OneOf(
        Gen.String,
        Gen.Int[0, Pieces.Length - 1].Select(index => Pieces[index]).Array[0, 12].Select(string.Concat))
        .Sample(text => CommandLineText.TrySplit(text, out IReadOnlyList<string>? words, out string? error)
            ? words.Count > 0 && words[0].Length > 0
            : error.Length > 0 && !error.Any(char.IsControl));

    private static string Quote(string word) => $"'{word.Replace("'", "'\\''")}'";
}
