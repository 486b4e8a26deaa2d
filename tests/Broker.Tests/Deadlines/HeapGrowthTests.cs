using XcpBroker.Loop;

namespace XcpBroker.Broker.Tests.Deadlines;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class HeapGrowthTests
{
    private readonly HeapGrowth _growth;
    private readonly List<bool> _decides = [];
    private long _heap;
    private long _heapAfterwards;
    private int _collections;

    public HeapGrowthTests() => _growth = new HeapGrowth(() => _heap, () => _collections, Collect, _decides.Add);

    [Test]
    public void All_is_collected_when_the_heap_is_so_many_times_as_large_as_after_the_last_time()
    {
        Assert.That(Collects(HeapGrowth.Large), Is.False);
        Assert.That(Collects(HeapGrowth.Large + 1, afterwards: 5 * HeapGrowth.Large), Is.True);
        Assert.That(Collects(5 * HeapGrowth.Times * HeapGrowth.Large), Is.False);
        Assert.That(Collects((5 * HeapGrowth.Times * HeapGrowth.Large) + 1), Is.True);
    }

    [Test]
    public void What_somebody_else_has_collected_counts_as_well()
    {
        Assert.That(Collects(100 * HeapGrowth.Large, afterwards: 50 * HeapGrowth.Large), Is.True);
        CollectElsewhere(afterwards: HeapGrowth.Large);

        Assert.That(Collects(HeapGrowth.Times * HeapGrowth.Large), Is.False);
        Assert.That(Collects((HeapGrowth.Times * HeapGrowth.Large) + 1), Is.True);
    }

    [Test]
    public void A_small_heap_is_left_to_the_runtime()
    {
        CollectElsewhere(afterwards: HeapGrowth.Large / HeapGrowth.Times);
        Assert.That(_decides, Is.Empty);

        CollectElsewhere(afterwards: HeapGrowth.Large);
        Assert.That(_decides, Is.EqualTo([true]));

        CollectElsewhere(afterwards: 2 * HeapGrowth.Large);
        Assert.That(_decides, Is.EqualTo([true]));

        CollectElsewhere(afterwards: HeapGrowth.Large / HeapGrowth.Times);
        Assert.That(_decides, Is.EqualTo([true, false]));
    }

    private bool Collects(long heap, long afterwards = 0)
    {
        int before = _collections;
        (_heap, _heapAfterwards) = (heap, afterwards);
        _growth.Look();
        return _collections > before;
    }

    private void CollectElsewhere(long afterwards)
    {
        _heap = afterwards;
        _collections++;
        _growth.Look();
    }

    private void Collect()
    {
        _collections++;
        _heap = _heapAfterwards;
    }
}
