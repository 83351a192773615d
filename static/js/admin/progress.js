// Follows a training until it ends, then shows the finished page.
const PAUSE = 1000;
const LONG_PAUSE = 5000;

async function look(box) {
  const bar = box.querySelector("progress");
  const step = box.querySelector("[data-step]");
  let pause = PAUSE;
  try {
    const answer = await fetch(box.dataset.progress, { headers: { Accept: "application/json" } });
    const news = await answer.json();
    if (news.done) {
      location.reload();
      return;
    }
    bar.value = news.progress;
    step.textContent = news.step;
  } catch {
    pause = LONG_PAUSE;
  }
  setTimeout(() => look(box), pause);
}

for (const box of document.querySelectorAll("[data-progress]")) setTimeout(() => look(box), PAUSE);
