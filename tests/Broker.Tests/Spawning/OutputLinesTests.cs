using System.Text;
using Microsoft.Extensions.Time.Testing;
using XcpBroker.Spawning;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Spawning;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class OutputLinesTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ListLogger _log = new();
    private readonly Loop.Deadlines _deadlines;
    private readonly OutputLines _lines;

    public OutputLinesTests()
    {
        _deadlines = new Loop.Deadlines(_time);
        _lines = new OutputLines("org.example.S", _deadlines, _log);
    }

    private IEnumerable<string> Logged => _log.Lines.Select(line => line.Text);

    [TestCase("one\ntwo\n", "one|two")]
    [TestCase("one\r\n\ntwo", "one||two")]
    [TestCase("\n", "")]
    [TestCase("", null)]
    public void Lines_are_lines_however_they_are_cut(string written, string? expected)
    {
        for (int size = 1; size <= Math.Max(written.Length, 1); size++)
        {
            _log.Lines.Clear();
            OutputLines lines = new("S", new Loop.Deadlines(_time), _log);
            foreach (byte[] chunk in Encoding.ASCII.GetBytes(written).Chunk(size))
            {
                lines.Take(chunk);
            }

            lines.End();
            Assert.That(Logged, Is.EqualTo(expected?.Split('|').Select(line => $"S: {line}") ?? []));
        }
    }

    [Test]
    public void A_line_that_is_too_long_becomes_several_and_one_that_just_fits_is_one()
    {
        _lines.Take(Encoding.ASCII.GetBytes(new string('x', OutputLines.MaxLine) + "\n" + new string('y', (2 * OutputLines.MaxLine) + 1)));
        _lines.End();

        Assert.That(
            Logged.Select(line => line.Length - "org.example.S: ".Length),
            Is.EqualTo((int[])[OutputLines.MaxLine, OutputLines.MaxLine, OutputLines.MaxLine, 1]));
    }

    [Test]
    public void Too_many_lines_are_lost_and_that_is_told_when_it_begins_and_when_it_has_ended()
    {
        Write(OutputLines.LinesPerPeriod + 7);
        Assert.That(_log.Lines, Has.Count.EqualTo(OutputLines.LinesPerPeriod + 1));
        Assert.That(Logged.Last(), Does.Contain("writes more than 200 lines in 5 s"));

        Pass();
        Write(OutputLines.LinesPerPeriod + 5);
        Assert.That(_log.Lines, Has.Count.EqualTo((2 * OutputLines.LinesPerPeriod) + 1), "the same episode");

        Pass();
        Pass();
        Assert.That(Logged.Last(), Does.Contain("12 lines of its output were lost"));
        Assert.That(_deadlines.Count, Is.Zero);
        Write(1);
        Assert.That(Logged.Last(), Is.EqualTo("org.example.S: x"));
    }

    [Test]
    public void At_the_end_of_the_output_what_was_lost_is_told()
    {
        Write(OutputLines.LinesPerPeriod + 1);
        _lines.End();

        Assert.That(Logged.Last(), Does.Contain("1 lines"));
        Assert.That(_deadlines.Count, Is.Zero);
    }

    private void Write(int lines) => _lines.Take(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("x\n", lines))));

    private void Pass()
    {
        _time.Advance(OutputLines.Period);
        _deadlines.Tick();
    }
}
