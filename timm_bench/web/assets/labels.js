'use strict';
// Where names go beside their points, so that they touch neither one another nor what is drawn.
const labels = (() => {
  const tall = 14,
    near = 8;
  // Whether two boxes (left, top, width, height) overlap.
  const touches = ([x, y, w, h], [a, b, c, d]) => x < a + c && a < x + w && y < b + d && b < y + h;
  const inside = ([x, y, w, h], area) => x >= 0 && y >= 0 && x + w <= area.width && y + h <= area.height;

  // The staircase through points from left to right, as thin boxes; `first` is what comes first, 'along' or 'up'.
  function stairs(points, first) {
    return points.slice(1).flatMap(([x, y], i) => {
      const [a, b] = points[i],
        [c, d] = first === 'along' ? [x, b] : [a, y];
      return [
        [a, b, c, d],
        [c, d, x, y],
      ].map(([a, b, c, d]) => [Math.min(a, c), Math.min(b, d), Math.abs(a - c) + 1, Math.abs(b - d) + 1]);
    });
  }

  // Of points with `left`, `top`, the `wide` of their names and `dot` (whether others keep off it), those whose names have room, and where, the first ones served first.
  // `outward` is where the chart is emptiest; a `pinned` name may go anywhere.
  function place(points, lines, area, outward) {
    const taken = [],
      found = [];
    for (const point of points) {
      const moves = [
        [outward.x, outward.y * 8],
        [outward.x, 0],
        [-outward.x, outward.y * 12],
        [outward.x, outward.y * 22],
        ...(point.pinned
          ? [
              [-outward.x, 0],
              [-outward.x, -outward.y * 10],
              [outward.x, -outward.y * 10],
            ]
          : []),
      ];
      const boxes = moves.map(([side, down]) => [
        side > 0 ? point.left + near : point.left - near - point.wide,
        point.top + down - tall / 2,
        point.wide,
        tall,
      ]);
      const clear = box =>
        inside(box, area) &&
        ![...taken, ...lines].some(other => touches(box, other)) &&
        !points.some(other => other !== point && other.dot && touches(box, [other.left - 5, other.top - 5, 10, 10]));
      const box = boxes.find(clear);
      if (!box) continue;
      taken.push([box[0] - 3, box[1], box[2] + 6, box[3]]);
      found.push({ ...point, box });
    }
    return found;
  }

  return { place, stairs, touches };
})();
